/** Whose turn it is: at most `limit` at once; a bounded number of others wait in the order of arrival. Pure. */
export type Turns = {
  /** `full`: too many wait already. `ended`: there will be no turn. A turn that was taken has to be given back. */
  take(): Promise<'taken' | 'full' | 'ended'>
  give(): void
  /** Everything that waits gets `ended`. Idempotent. */
  end(): void
}

export function createTurns(limit: number, maxWaiting: number): Turns {
  const waiting: ((turn: 'taken' | 'ended') => void)[] = []
  let taken = 0
  let over = false
  return {
    async take() {
      if (over) return 'ended'
      if (taken < limit) {
        taken += 1
        return 'taken'
      }
      if (waiting.length >= maxWaiting) return 'full'
      return new Promise((resolve) => waiting.push(resolve))
    },
    give() {
      const next = waiting.shift()
      if (next) next('taken')
      else taken -= 1
    },
    end() {
      over = true
      for (const tell of waiting.splice(0)) tell('ended')
    },
  }
}
