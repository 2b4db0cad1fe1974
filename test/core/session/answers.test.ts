/** What an answer is worth: whether it is one, and whether it is good. */
import { describe, expect, it } from 'vitest'
import type { QuestionConfig } from '../../../gateway/core/ground/config.ts'
import { askedNow, isAnswer, isOutside, missingAnswers, strayAnswers } from '../../../gateway/core/session/answers.ts'

const question = (answer: QuestionConfig['answer'], over: Partial<QuestionConfig> = {}): QuestionConfig => ({
  ...{ id: 'q', when: 'before', text: { en: 'Is it?' }, answer },
  ...{ required: true, asked: 'always', outside: 'refuse', ...over },
})
const choices = [
  { id: 'clean', text: { en: 'Clean' }, outside: false },
  { id: 'dirty', text: { en: 'Dirty' }, outside: true },
]
const limited = { kind: 'number', min: -1, max: 100.5 } as const

describe('an answer', () => {
  it.each<[QuestionConfig['answer'], string, 'good' | 'outside' | 'none']>([
    [{ kind: 'yes-no' }, 'no', 'good'],
    [{ kind: 'yes-no', must: 'yes' }, 'yes', 'good'],
    [{ kind: 'yes-no', must: 'yes' }, 'no', 'outside'],
    [{ kind: 'yes-no', must: 'yes' }, 'Yes', 'none'],
    [limited, '-1', 'good'],
    [limited, '-1.000001', 'outside'],
    [limited, '100.5', 'good'],
    [limited, '100.500001', 'outside'],
    [{ kind: 'number', max: 999_999_999 }, '999999999.000001', 'outside'],
    [limited, '1e1', 'none'],
    [limited, '0x10', 'none'],
    [limited, ' 1', 'none'],
    [limited, '1,5', 'none'],
    [limited, 'NaN', 'none'],
    [limited, '1234567890', 'none'],
    [limited, '', 'none'],
    [{ kind: 'choice', choices }, 'clean', 'good'],
    [{ kind: 'choice', choices }, 'dirty', 'outside'],
    [{ kind: 'choice', choices }, 'constructor', 'none'],
    [{ kind: 'text' }, 'a scratch', 'good'],
    [{ kind: 'text' }, '  ', 'none'],
    [{ kind: 'text' }, 'x'.repeat(501), 'none'],
  ])('%j: %j is %s', (answer, given, is) => {
    const isOne = isAnswer(question(answer), given)
    expect(isOne ? (isOutside(question(answer), given) ? 'outside' : 'good') : 'none').toBe(is)
  })
})

it('is asked before or after, of everyone or after a problem', () => {
  const all = [
    question({ kind: 'text' }, { id: 'a' }),
    question({ kind: 'text' }, { id: 'b', asked: 'after-problem' }),
    question({ kind: 'text' }, { id: 'c', when: 'after' }),
  ]
  const ids = (when: 'before' | 'after', hasProblem: boolean) => askedNow(all, when, hasProblem).map(({ id }) => id)
  expect([ids('before', false), ids('before', true), ids('after', true)]).toEqual([['a'], ['a', 'b'], ['c']])
})

it('is missing where it is required, and stray where it is not asked or no answer', () => {
  const asked = [question({ kind: 'yes-no' }, { id: 'a' }), question({ kind: 'text' }, { id: 'b', required: false })]
  expect(missingAnswers(asked, {})).toEqual(['a'])
  expect(strayAnswers(asked, { a: 'maybe', b: 'words', c: 'yes' })).toEqual(['a', 'c'])
})
