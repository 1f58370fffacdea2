/** `npm run docs`: writes the pages of docs/ that are made from the source. */
import { writeFileSync } from 'node:fs';
import { configDocument, configSchema } from '../src/config/documents.ts';

const docs = new URL('../docs/', import.meta.url);
writeFileSync(new URL('configuration.md', docs), configDocument());
writeFileSync(new URL('configuration.schema.json', docs), `${JSON.stringify(configSchema(), null, 2)}\n`);
