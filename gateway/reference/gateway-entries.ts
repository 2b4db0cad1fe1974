/** Entries about the gateway as a whole. Read next: entries.ts (all kinds), parts.ts, words.ts. */
import Type from 'typebox'
import * as part from './parts.ts'
import { either, instant, list, maybe, members, of, text, whole, word } from './parts.ts'
import * as words from './words.ts'

const clock = word('clock', words.clocks, 'How far the clock is to be trusted from now on.')
const keyData = {
  key: text('Id of the key; of the log: its public key.'),
  role: word('', ['owner', 'technician', 'auditor', 'log'], 'Whose; `log`: it signs the log.'),
  name: maybe(part.name),
  machines: maybe(list(text('Machine.'), 'The machines for which it is good; absent: all of its role.')),
}

export const gatewayEntries = {
  GatewayStarted: of('gateway', 'The gateway began.', {
    version: text('Of the software.'),
    node: text('Of Node.'),
    fencingId: whole('Which gateway of the site it is.'),
  }),
  GatewayStopped: of('gateway', 'The gateway ended as it was told to.', {
    openSessions: whole('Sessions that go on if it is back within their lease.'),
  }),
  ConfigurationApplied: of('gateway', 'The site file in force from now on.', {
    configurationId: text('Hash of the resolved configuration, without secrets.'),
    machines: whole('How many.'),
    links: whole('How many.'),
    id: maybe(text('Of the change, where it was applied while the gateway ran; what follows comes with it.')),
    from: maybe(text('Hash of the configuration before.')),
    by: maybe(
      members({
        role: word('', ['technician'], 'Who.'),
        name: part.name,
        key: text('Id of the key.'),
      }),
    ),
    changes: maybe(
      list(
        members({
          what: text('Keys of the site file, or of a profile, with dots between.'),
          from: maybe(text('Absent: it was not there. A secret is `***`.')),
          to: maybe(text('Absent: it is gone.')),
        }),
        'What differs, as far as there is room.',
      ),
    ),
    more: maybe(whole('Differences that are not listed.')),
    rollbackTo: maybe(whole('The entry whose configuration it brought back.')),
  }),
  ClockChanged: of('gateway', 'The wall clock was set, or is to be trusted otherwise.', {
    stepMs: whole('By how much it was set; ms.'),
    state: clock,
    floor: instant('The newest time that was believed.'),
    reason: maybe(part.reason),
    by: maybe(part.name),
  }),
  LinkLost: of('gateway', 'A link went down.', {
    link: text('Link.'),
    cause: text('Why, in words.'),
    unrecorded: part.unrecorded,
  }),
  LinkRestored: of('gateway', 'A link is up again.', {
    link: text('Link.'),
    downMs: whole('For how long it was down; ms.'),
    unrecorded: part.unrecorded,
  }),
  RevocationsTaken: of('gateway', 'A newer list of revoked bookings is in force.', {
    issuer: text('Whose list.'),
    number: whole('Its number.'),
    issuedAt: instant('When it was made.'),
    bookings: whole('How many it names.'),
    jtis: whole('How many tokens it names.'),
  }),
  KeyAdded: of('gateway', 'A key is good from now on.', keyData),
  KeyRevoked: of('gateway', 'A key is good no more.', keyData),
  TrustChanged: of('gateway', 'A person said over the API whom a link trusts, or made its certificate anew.', {
    link: text('Link.'),
    what: word('', ['approve', 'reject', 'renew'], 'What was done.'),
    thumbprint: maybe(text('Of the certificate of the server.')),
    despite: maybe(list(text('Fault.'), 'Faults that were accepted.')),
    by: part.name,
    reason: part.inWords,
  }),
  SubscriptionMade: of('gateway', 'Bookings can be read at a calendar address from now on, without a credential.', {
    id: text('Id of the address; the address itself is kept nowhere.'),
    machine: maybe(text('Only bookings at this machine.')),
    tenant: maybe(part.tenant),
    by: part.by,
  }),
  SubscriptionRevoked: of('gateway', 'A calendar address shows nothing any more.', {
    id: text('Id of the address.'),
    by: part.by,
  }),
  ParkedHandled: of('gateway', 'A person decided what becomes of an entry that a sink has set aside.', {
    sink: text('Which broker, store or webhook had refused it.'),
    entry: whole('Its sequence.'),
    what: word('', ['release', 'mend', 'drop'], 'Sent again, other lines sent in its place, or given up.'),
    refused: text('Why it was set aside, in the words of the receiver.'),
    lines: maybe(text('What was sent in its place.')),
    by: part.name,
    reason: part.reason,
  }),
  TenantErased: of('gateway', 'Who a pseudonym was is forgotten.', {
    tenant: part.tenant,
    by: word('', ['platform', 'command'], 'Who asked.'),
  }),
  LedgerRestarted: of('gateway', 'The first entry of a log that takes the place of another.', {
    reason: part.reason,
    previous: members({
      origin: text('Of the log before.'),
      entries: whole('How many it has.'),
      checkpoint: either(text(''), Type.Null(), 'Its newest checkpoint, whole.'),
    }),
  }),
}
