/** The questions of a machine, one field for each, in the language of the page. Read next: model/questions.ts. */
import type { Given } from '../model/questions.ts'
import type { Question } from '../model/wire-upkeep.ts'
import { useWords } from '../shell/context.ts'

type FieldsProps = {
  readonly questions: readonly Question[]
  readonly given: Given
  readonly give: (given: Given) => void
}

export function QuestionFields({ questions, given, give }: FieldsProps) {
  return (
    <>
      {questions.map((question) => (
        <Field
          key={question.id}
          question={question}
          value={given[question.id] ?? ''}
          give={(text) => give({ ...given, [question.id]: text })}
        />
      ))}
    </>
  )
}

type FieldProps = { readonly question: Question; readonly value: string; readonly give: (text: string) => void }

function Field({ question, value, give }: FieldProps) {
  const { t, name } = useWords()
  const { id, text, answer, required, choices = [] } = question
  const field = `question-${id}`
  const asked = (
    <>
      <bdi>{name(text, id)}</bdi>
      {required ? null : <span class="small"> {t('question.optional')}</span>}
    </>
  )
  if (answer === 'number' || answer === 'text')
    return (
      <>
        <label for={field}>{asked}</label>
        <span class="row">
          <input
            id={field}
            value={value}
            maxLength={answer === 'number' ? 17 : 500}
            inputMode={answer === 'number' ? 'decimal' : 'text'}
            onInput={({ currentTarget }) => give(currentTarget.value.replace(/\s+/g, ' '))}
          />
          <Limits question={question} />
        </span>
      </>
    )
  const options =
    answer === 'choice'
      ? choices.map((choice) => [choice.id, name(choice.text, choice.id)] as const)
      : (['yes', 'no'] as const).map((word) => [word, t(`question.${word}`)] as const)
  return (
    <fieldset>
      <legend>{asked}</legend>
      {options.map(([key, label]) => (
        <label class="check" key={key}>
          <input type="radio" name={field} value={key} checked={value === key} onChange={() => give(key)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** The unit, and between what a number is good. */
function Limits({ question: { answer, unit = '', min, max } }: { readonly question: Question }) {
  const { t } = useWords()
  if (answer !== 'number') return null
  const range =
    min !== undefined && max !== undefined
      ? t('question.between', { min, max })
      : min !== undefined
        ? t('question.least', { min })
        : max !== undefined
          ? t('question.most', { max })
          : ''
  return <span class="small">{[unit, range].filter((each) => each !== '').join(' · ')}</span>
}
