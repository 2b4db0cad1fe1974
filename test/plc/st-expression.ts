/** What an expression of structured text comes to, as functions of the memory. Read next: st-statement.ts. */
import type * as ohm from 'ohm-js'
import { bool, checked, type Memory, number, type Type, type Value, within } from './st-value.ts'

export type Expression = (memory: Memory) => Value

export const expressionOf = (node: ohm.Node): Expression => node.eval() as Expression

/** Adds `eval`. `typeOf` throws for a variable that is not declared. */
export function addExpressions(semantics: ohm.Semantics, typeOf: (name: string) => Type): void {
  semantics.addOperation('eval', { ...operators, ...primaries(typeOf) })
}

const operators: ohm.ActionDict<Expression> = {
  Or_or: (a, _or, b) => both(a, b, (x, y) => bool(x) || bool(y)),
  And_and: (a, _and, b) => both(a, b, (x, y) => bool(x) && bool(y)),
  Comparison_compare: (a, operator, b) => both(a, b, (x, y) => compare[operator.sourceString]!(number(x), number(y))),
  Sum_sum: (a, operator, b) =>
    both(a, b, (x, y) => within(operator.sourceString === '+' ? number(x) + number(y) : number(x) - number(y))),
  Product_product: (a, operator, b) =>
    both(a, b, (x, y) => {
      if (operator.sourceString === '*') return within(number(x) * number(y))
      if (number(y) === 0) throw new Error('division by 0')
      return operator.sourceString === '/' ? Math.floor(number(x) / number(y)) : number(x) % number(y)
    }),
  Unary_not(_not, a) {
    const value = expressionOf(a)
    return (memory) => !bool(value(memory))
  },
}

const compare: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
}
function both(a: ohm.Node, b: ohm.Node, how: (x: Value, y: Value) => Value): Expression {
  const [left, right] = [expressionOf(a), expressionOf(b)]
  // Both sides are always evaluated: whether a PLC stops early is up to its maker.
  return (memory) => {
    const x = left(memory)
    const y = right(memory)
    return how(x, y)
  }
}

function primaries(typeOf: (name: string) => Type): ohm.ActionDict<Expression> {
  return {
    Primary_group: (_open, a, _close) => expressionOf(a),
    Primary_call(name, _open, list, _close) {
      const call = calls[name.sourceString]
      if (call === undefined) throw new Error(`${name.sourceString} is no function known here`)
      const values = list.asIteration().children.map(expressionOf)
      return (memory) => call(...values.map((value) => number(value(memory))))
    },
    Primary_literal(literal) {
      const text = literal.sourceString
      const value = text === 'TRUE' ? true : text === 'FALSE' ? false : Number(text)
      return () => value
    },
    Target_whole(name) {
      typeOf(name.sourceString)
      return (memory) => memory.get(name.sourceString)!
    },
    Target_element(name, _open, index, _close) {
      const at = elementOf(name.sourceString, typeOf, expressionOf(index))
      return (memory) => (memory.get(name.sourceString) as number[])[at(memory)]!
    },
  }
}

/** The index of an element; throws when the array has none there. */
export function elementOf(name: string, typeOf: (name: string) => Type, index: Expression): (memory: Memory) => number {
  const { length } = typeOf(name)
  return (memory) => {
    const at = number(index(memory))
    if (at < 0 || at >= length!) throw new Error(`${name}[${at}]`)
    return at
  }
}

const calls: Readonly<Record<string, (...values: number[]) => Value>> = {
  UINT_TO_UDINT: (value) => checked({ base: 'UINT' }, value!, 'UINT_TO_UDINT'),
  UDINT_TO_UINT: (value) => checked({ base: 'UINT' }, value!, 'UDINT_TO_UINT'),
  MIN: (...values) => Math.min(...values),
}
