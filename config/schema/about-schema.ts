/**
 * What others are shown of a machine: people on the pages of the gateway, platforms that look for one. The gateway
 * decides nothing by it. Read next: machine-schema.ts.
 */
import Type from 'typebox'
import { closed, id, picture, url } from './field.ts'

const degrees = (what: string, most: number) =>
  Type.Optional(Type.Number({ minimum: -most, maximum: most, description: `${what} in degrees, WGS 84.` }))

const document = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 80, description: 'For people.' }),
    url: url('Where it is.', 'http|https'),
  },
  closed,
)

export const about = Type.Optional(
  Type.Object(
    {
      contact: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'Whom to ask: a name, a telephone, a place.' }),
      ),
      manual: Type.Optional(url('Where its manual is.', 'https|http')),
      documents: Type.Optional(
        Type.Array(document, {
          minItems: 1,
          maxItems: 16,
          description: 'What else a tenant should read: an instruction, a video.',
        }),
      ),
      capabilities: Type.Optional(
        Type.Array(id('Capability, as the platform names it: `pur-glue`, `width-1300`.'), {
          minItems: 1,
          maxItems: 32,
          description: 'What it can do, for those who look for a machine.',
        }),
      ),
      location: Type.Optional(
        Type.Object(
          {
            name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Address, for people.' })),
            latitude: degrees('North', 90),
            longitude: degrees('East', 180),
          },
          { ...closed, description: 'Where in the world it stands.' },
        ),
      ),
      photo: Type.Optional(picture('Photo of the machine')),
      place: Type.Optional(
        Type.Object(
          {
            x: Type.Number({ minimum: 0, maximum: 100, description: 'Percent of the width, from the left.' }),
            y: Type.Number({ minimum: 0, maximum: 100, description: 'Percent of the height, from the top.' }),
          },
          { ...closed, description: 'Where it stands on the picture of the floor (`plan`).' },
        ),
      ),
    },
    { ...closed, description: 'What people and platforms are shown of it. Nothing depends on it.' },
  ),
)
