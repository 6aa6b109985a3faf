/** The taxonomy file: its keys and what each may be. */
import { z } from 'zod';
import { didYouMean } from '../strict-yaml/index.js';

/** In a mapping: the other taxonomy has no such category. */
export const NO_COUNTERPART = 'none';

const id = z
  .string()
  .regex(/^[A-Za-z][\w.-]{0,31}$/)
  .describe('a letter, then up to 31 letters, digits and . _ -');
const text = z.string().trim().min(1).describe('a text that is not empty');

export const taxonomySchema = z
  .strictObject({
    id,
    name: text,
    description: text,
    categories: z
      .array(z.strictObject({ id, name: text, description: text }))
      .min(1)
      .describe('a list of at least one category'),
    references: z.array(z.strictObject({ title: text, url: z.url().describe('a URL') })).default([]),
    mappings: z.record(z.string(), z.record(z.string(), id)).default({}),
  })
  .superRefine(({ categories, mappings }, context) => {
    const ids = new Set<string>();
    for (const [index, category] of categories.entries()) {
      if (ids.has(category.id))
        context.addIssue({
          code: 'custom',
          path: ['categories', index, 'id'],
          message: `${category.id} is the id of an earlier category`,
        });
      ids.add(category.id);
    }
    for (const [other, mapping] of Object.entries(mappings)) {
      for (const own of Object.keys(mapping))
        if (!ids.has(own))
          context.addIssue({
            code: 'custom',
            path: ['mappings', other, own],
            message: `${own} is not a category of this taxonomy${didYouMean(own, ids)}`,
          });
      const missing = [...ids].filter((own) => !Object.hasOwn(mapping, own));
      if (missing.length > 0)
        context.addIssue({
          code: 'custom',
          path: ['mappings', other],
          message: `says nothing about ${missing.join(', ')}; write "${NO_COUNTERPART}" where there is no counterpart`,
        });
    }
  });

export type TaxonomyFile = z.output<typeof taxonomySchema>;
