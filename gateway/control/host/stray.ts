/**
 * Whose an exception is that nobody caught. One that a library throws from its own socket or timer is an answer of the
 * outside world, whatever it looks like; everything else is a broken invariant of ours. Pure.
 * Read next: control/links.ts, which ends the links of that library; decisions/019-what-a-library-throws.md.
 */

/** The npm package that threw it: that of the first frame outside of Node. Undefined when that frame is ours. */
export function packageThatThrew(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const first = stack.split('\n').find((line) => /^\s+at /.test(line) && !/\(?node:/.test(line))
  return /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(first ?? '')?.[1]
}
