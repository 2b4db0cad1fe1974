/**
 * The code of each line of the log, by its text. Whoever watches a log goes by the code: a text may be worded anew, its
 * code stays, and a code that was once given is never given to anything else. `…` stands for what is only known when it
 * happens. A line whose text is not here brings its code itself. Pure. Read next: log-line.ts.
 */
const CODES: Readonly<Record<string, string>> = {
  'latchkey is up': 'up',
  'stopping; a second signal ends it at once': 'stopping',
  'systemd cannot be told that the gateway goes on': 'systemd-silent',
  answered: 'answered',
  '…: this is over': 'note-over',

  'link is up': 'link-up',
  'link is down': 'link-down',
  'a library failed on what a device sent: its links are lost': 'library-failed',
  'a signal cannot be read: correct its profile, or the device': 'signal-unreadable',
  'no subscription; its points are polled': 'subscription-none',
  'values were lost between two: some change faster than they are published': 'subscription-overrun',
  'unit does not answer and is set aside': 'unit-silent',
  'unit answers again': 'unit-back',
  'the device refuses this block: it is split': 'block-split',
  'the device does not answer requests that long: it is asked for less': 'request-shortened',
  'the server does not read as many nodes at once: it is asked for less': 'server-shortened',
  'the server says that it is elsewhere; it is reached as the site file says': 'server-elsewhere',
  'the server is known: it …': 'server-known',
  'our certificate ends soon: run `latchkey trust renew`, and trust the new one on the server': 'certificate-ends',

  'the ledger contradicts what it once signed: metering goes on, nothing is unlocked': 'ledger-contradicts',
  'the ledger was compared with the checkpoint outside': 'ledger-compared',
  'the disk is too small for the years to be kept': 'disk-small',
  'the lock of the data folder was deleted while this gateway holds it; it is there again': 'lock-deleted',
  'the files that were applied are not in place; the next start puts them there': 'files-not-placed',
  'the key of the log is gone; restore it before the next start': 'log-key-gone',
  'the keys of the log stay as they were': 'log-keys-kept',
  'the keys file cannot be read; the keys stay as they were': 'keys-file-unreadable',
  'the kept counts of wrong PINs cannot be read': 'pin-counts-unreadable',
  'the counts of wrong PINs could not be kept': 'pin-counts-not-kept',
  'old photos cannot be removed': 'photos-not-removed',
  'deliveries of webhook … cannot be written down': 'deliveries-not-kept',

  'the keys of an issuer are fetched again': 'issuer-back',
  'the keys of an issuer could not be fetched': 'issuer-unreachable',
  'the kept keys of an issuer cannot be read': 'issuer-keys-unreadable',
  'the keys of an issuer could not be kept': 'issuer-keys-not-kept',
  'an issuer has withdrawn all its keys: its tokens are refused': 'issuer-withdrawn',
  'the revocation list is pulled again': 'revocations-back',
  'the revocation list could not be pulled': 'revocations-unreachable',
  'the feed of bookings is back': 'feed-back',
  'the feed of bookings failed': 'feed-failed',
  'bookings of the feed were refused': 'feed-refused',

  'a request failed': 'request-failed',
  'an event stream failed': 'stream-failed',
  'the API is reachable beyond this host without encryption, as the site file accepts': 'api-plain',
  'the API uses a new certificate': 'api-certificate-new',
  'the changed certificate of the API cannot be used': 'api-certificate-refused',

  'sink down, entries are kept: …': 'sink-down',
  'sink stopped until somebody acts: …': 'sink-stopped',
  'sink loop broke': 'sink-broke',
  'samples cannot be kept on disk; some are lost': 'samples-lost',
  'samples that were kept on disk cannot be read; they are left where they are': 'samples-unreadable',
  'the broker refuses a retained message': 'retained-refused',
  'the broker does not let a retained topic of a former configuration be cleared': 'retained-not-cleared',
  'what is retained at the broker could not be written down': 'retained-not-kept',
  'what was retained at the broker cannot be read: topics of machines that left stay there': 'retained-unreadable',
  'bdSeq could not be written down: after a restart a host may mistake one life for another': 'bdseq-not-kept',

  'this box is one of a pair': 'pair-begins',
  'the other box does not answer; this one cannot know whether it went on': 'pair-unknown',
  'this box has everything, and stands by': 'pair-follows',
  'the spare has everything, and follows': 'pair-paired',
  'the spare could not be given a copy; it asks again': 'pair-copy-failed',
  'this box goes on alone: the spare cannot take over any more': 'pair-alone',
  'the active box is there again': 'pair-back',
  'the active box is lost; this one takes over': 'pair-takes-over',
  'the active box does not take this one as its spare': 'pair-refused',
  'what the active box sent could not be kept; a new copy is asked for': 'pair-not-kept',
  'this box had entries that the pair has not; they are kept': 'pair-tail',
  'the address of the API is not free: this box could not take over': 'pair-port',
  'a person has asked that the other box takes over; this one stops': 'pair-switch',
  'this box cannot follow: its data folder cannot be written to': 'pair-folder',
  'this box waits: it cannot know whether it may begin': 'pair-waits',
  'the configuration of the active box is in place; this one begins anew with it': 'pair-configured',
  'the configuration of the active box cannot be used here': 'pair-configuration',
}

/** Codes of lines whose texts are made elsewhere, and when such a line is logged. */
export const OTHER_CODES = {
  note: 'a note of `/health/ready` comes',
  clock: 'the clock is set, or what it is worth changes',
  'sink-up': 'a sink takes what waited for it',
  failure: 'the process ends: an invariant is broken; other ends have the code of their failure',
} as const satisfies Readonly<Record<string, string>>

const [OPEN, WHOLE] = split(Object.entries(CODES), ([text]) => text.includes('…'))
const exact = new Map(WHOLE)
const patterns = OPEN.map(([text, code]) => ({ parts: text.split('…') as [string, string], code }))

/** Undefined: the text has no code of its own. `text` may be that of a source, with `…` in it. */
export function codeOf(text: string): string | undefined {
  const known = exact.get(text)
  if (known !== undefined) return known
  return patterns.find(({ parts: [begin, end] }) => text.startsWith(begin) && text.endsWith(end))?.code
}

export const codes = (): string[] => Object.values(CODES)

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
