/**
 * The tables of the field are whole: each row is held by a test that is there, or left by name. What they name is run
 * by `npm run prove -- field`.
 */
import { describe, expect, it } from 'vitest'
import { holderFaults, isCalled, readFurther, readIds, readRows, tableFaults } from './rows.ts'

describe('README.md', () => {
  it('has each row of ROWS.md, in its order, with tests that are there', () => {
    expect(tableFaults(readIds(), readRows())).toEqual([])
  })

  const row = { id: 'wire M01', part: '', tests: [], files: [] }
  const here = { file: 'test/field/rows.test.ts', names: ['has each row of …, in its order'] }
  it.each([
    ['a row that nothing holds', [row], /nothing holds it/],
    ['a row that is not there', [], /left to nobody/],
    [
      'a row twice',
      [
        { ...row, tests: [here] },
        { ...row, tests: [here] },
      ],
      /twice/,
    ],
    ['a file that is gone', [{ ...row, files: ['test/gone.test.ts'] }], /there is no test\/gone/],
    [
      'a test that is gone',
      [{ ...row, tests: [{ ...here, names: ['was once'.concat(' called so')] }] }],
      /no test is called/,
    ],
    [
      'a row of nobody',
      [
        { ...row, tests: [here] },
        { ...row, id: 'wire M99', left: 'x' },
      ],
      /not in ROWS.md/,
    ],
  ])('finds %s', (_name, rows, fault) => {
    expect(tableFaults(['wire M01'], rows).join()).toMatch(fault)
  })

  it('finds nothing where all is well', () => {
    expect(tableFaults(['wire M01'], [{ ...row, tests: [here] }])).toEqual([])
  })
})

it('FURTHER.md names tests that are there', () => {
  expect(readFurther().flatMap((each) => holderFaults(each.input, each))).toEqual([])
})

it.each([
  ['of %i means %s', 'a status of 200 means stop', true],
  ['a host …', 'bad-url: a host 192.168.1.300', true],
  ['is read … then', 'then it is read', false],
  ['', 'anything', true],
])('"%s" names "%s": %s', (name, title, called) => {
  expect(isCalled(name, title)).toBe(called)
})
