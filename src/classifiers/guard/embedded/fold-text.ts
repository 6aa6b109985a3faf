/**
 * Brings look-alike spellings together before a text is tokenized: compatibility forms (full-width
 * or mathematical letters, ligatures) become plain letters, accents and invisible format characters
 * (zero-width spaces, soft hyphens) go. The encoder's vocabulary is lower-case without accents, as
 * BERT's own "uncased" tokenizer makes it; lower-casing is left to the tokenizer.
 */
export function foldText(text: string): string {
  return text.normalize('NFKD').replace(/[\p{Mn}\p{Cf}]/gu, '');
}
