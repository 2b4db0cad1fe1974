/** What the bare clients send: an entry of the same form and size as those that the gateway has in its ledger. */
export function entry(seq: number) {
  const works = seq % 2 === 0
  return {
    seq,
    prevSeq: seq - 1,
    kind: 'AvailabilityChanged',
    v: 1,
    site: 'bench',
    machine: 'm0000',
    at: new Date(Date.UTC(2026, 0, 5) + seq * 1000).toISOString(),
    clock: 'synchronised',
    data: {
      from: works ? 'Available' : 'InUse',
      to: works ? 'InUse' : 'Available',
      ...(works ? { reason: 'foreign' } : {}),
      access: 'Unknown',
      itemState: works ? 'Executing' : 'NotExecuting',
      mode: 'None',
    },
  }
}
