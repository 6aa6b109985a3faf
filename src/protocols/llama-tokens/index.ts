/** llama.cpp's endpoints beside generation. Reference: tools/server/README.md of llama.cpp. */
export { createLlamaApplyTemplate } from './apply-template.js';
export { createLlamaDetokenize } from './detokenize.js';
export { createLlamaTokenize } from './tokenize.js';
