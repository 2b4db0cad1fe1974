/**
 * What can be wrong with a configuration, and what deserves a note: one table of stable codes.
 * config/README.md shows it; test/config provokes every row of it. Pure.
 */
import { oneLine } from '../../gateway/core/ground/text.ts'

/** Line and column count from 1. `message` is what is wrong, `advice` what to do; neither ever holds a secret. */
export type Fault = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly code: FaultCode | NoteCode
  readonly message: string
  readonly advice: string
}

/** A fault stops the gateway from starting. */
export const faultCodes = {
  'file-unreadable': 'The file cannot be read.',
  'file-too-large': 'The file is longer than 1 MiB.',
  'yaml-syntax': 'The file is not valid YAML.',
  'yaml-duplicate-key': 'A key appears twice in one map.',
  'yaml-alias': 'An alias (`*name`) has no anchor, holds itself, or there are too many.',
  'text-hidden':
    'A text or a key holds a control character, half a surrogate pair, or one that turns the order of the line around; or a key holds a space that YAML takes for a letter.',
  'unknown-key': 'The key means nothing here.',
  'missing-key': 'A key that is needed is absent; the position is that of the map it belongs to.',
  'empty-value': 'A key is written and has no value.',
  'wrong-type': 'The value has another type, such as text where a number is needed.',
  'not-one-of': 'The value is not one of those allowed.',
  'bad-id': 'The name has characters that are not allowed.',
  'bad-duration': 'Not a duration such as `250ms`, `30s`, `5m`.',
  'bad-url': 'Not an address of the kind needed here.',
  'bad-format': 'The text is not of the form needed here.',
  'out-of-bounds': 'The value is too small or too large, too short or too long, or there are too few or too many.',
  'secret-in-file': 'A password is written in the file.',
  'env-missing': 'The environment variable is not set, or is empty.',
  'env-broken': 'The environment variable holds a line break or another control character.',
  'env-not-here': 'An environment variable is used in a field that is not a secret, or as a part of a value.',
  'url-credentials': 'The address holds a user name or a password.',
  'timezone-unknown': 'Not an IANA time zone.',
  'listen-port': 'The port of `api.listen` is above 65535.',
  'api-plain': 'The API would be reachable beyond this host without encryption.',
  'tls-missing': 'A certificate or key file cannot be read.',
  'tls-invalid': 'The certificate or the key cannot be used, or they do not belong together.',
  'jwks-plain':
    'The key set is fetched over plain http from another host, so that others on the way could sign bookings.',
  'feed-plain':
    'Bookings or revocations are pulled over plain http from another host, so that others on the way could forge or withhold them.',
  'revocations-age': 'The revocation list would be too old before it is pulled again.',
  'jwks-missing': 'The key set file is not there.',
  'jwks-invalid': 'The key set file holds no public keys, or holds a private one.',
  'issuer-duplicate': 'There are two entries for one issuer and audience.',
  'plain-secret': 'A user name or password would cross the network in the clear.',
  'username-missing': 'There is a password and no user name.',
  'influx-login': 'The login is not that of the version of InfluxDB.',
  'ca-missing': 'The certificate authority file is not there.',
  'ca-invalid': 'The certificate authority file holds no certificate.',
  'webhook-plain': 'Events would be posted over plain http to another host.',
  'webhook-secret': 'The key of a webhook is not one of Standard Webhooks.',
  'command-timeout': 'A command would be given up before an unlock had time to be confirmed.',
  'link-unknown': 'No link has this name.',
  'link-duplicate': 'Two links go to one endpoint.',
  'serial-slow': 'The serial line needs longer for an answer than the deadline of a request.',
  'opcua-insecure': 'OPC UA goes to another host without security.',
  'opcua-user-plain': 'A user name and a password would be sent without message security.',
  'profile-not-found': 'No profile has this name.',
  'profile-name': 'The name inside the profile is not that of its file.',
  'variants-none': 'A family of profiles holds none.',
  'protocol-differs': 'The profile speaks another protocol than the link.',
  'device-key': 'The key belongs to another protocol.',
  'device-duplicate': 'The same device, with the same profile, appears twice.',
  'language-tag': 'Not a language tag of BCP 47, or one language twice.',
  'day-unknown': 'The calendar has no such day.',
  'shares-order': 'The sets of shares are not in the order of their days.',
  'shares-percent': 'A share has more than two decimals.',
  'shares-sum': 'The shares of a day do not add up to 100 percent.',
  'tariff-unknown': 'There is no such tariff, or no such version of it.',
  'tariff-days': 'The last day of a tariff is before its first.',
  'tariff-meter': 'A tariff bills what the machine does not measure, in another unit, or twice.',
  'question-unclear': 'A question has limits of another kind, none that can be met, or does what cannot be done then.',
  'service-unclear': 'A service is due by nothing, or by what its machine does not measure.',
  'tariff-taxes': 'A tariff with a minimum or maximum has not exactly one tax category for uses.',
  'tariff-bounds': 'The maximum of a tariff is below its minimum.',
  'tariff-size': 'A tariff has more cases than can be tried one by one.',
  'tariff-changes': 'Prices of a tariff change more often than a session can be read.',
  'tariff-gap': 'There is a time, a class of tenants or a quantity for which no element of a tariff matches.',
  'currency-unknown': 'Not a currency of ISO 4217.',
  'tax-unknown': 'The tariff has no such tax category.',
  'element-duplicate': 'Two elements of a tariff have one name.',
  'element-unit': 'A quantity of an element is in a unit of something else.',
  'element-never': 'An element of a tariff bills what never counts.',
  'element-unreachable': 'The elements before it match all that an element matches.',
  'element-overlap': 'Two elements of a tariff both match somewhere, and neither lies within the other.',
  'split-party': 'A party stands twice in the split of a tariff.',
  'split-sum': 'The parts of a split are more than the whole.',
  'alias-unknown': 'The machine has no device with this alias.',
  'state-missing': 'The profile of the state device has no state rule.',
  'interlock-missing': 'The profile of the interlock device has no interlock.',
  'interlock-duplicate': 'Two machines would be unlocked through one block.',
  'interlock-class': 'The class in the site file is not the one in the profile.',
  'watchdog-time': 'The time of a watchdog is neither read nor stated, or both.',
  'watchdog-boot': 'A module has both a count of restarts and an up time.',
  'watchdog-fed': 'The watchdog is fed by every request, so that polls keep the output on.',
  'interlock-output': 'The output of the interlock is not one bit or one register of its own that can be written.',
  'risk-not-accepted': 'The interlock has no fail-safe, and nobody accepts that by name.',
  'pair-boxes': 'A pair is not two boxes at two addresses, or names a box that is not one of them.',
  'pair-coil': 'A machine of a pair has an output that stays on when its box is lost.',
  'pair-key': 'The key of a pair is so short that it could be guessed.',
  'pair-serial': 'A machine of a pair is on a serial line, which has room for one box.',
  'risk-unneeded': 'The accepted risk does not exist: this interlock is fail-safe.',
  'interlock-insecure': 'A machine would be unlocked over a link that anyone can write to.',
  'interlock-stall': 'The link cannot read the lease block in one request.',
  'lease-too-short': 'The lease would lapse before three heartbeats and the waits of the link.',
  'confirm-too-short': 'An unlock given up as unconfirmed could still happen.',
  'heartbeat-too-fast': 'Heartbeats are closer together than the ticks they start in.',
  'poll-too-fast': 'Polls are closer together than the ticks they start in.',
  'signal-unknown': 'The profile has no signal of this name.',
  'signal-type': 'The signal has a type this use cannot work with.',
  'meter-identity': 'The identity of a meter is read less often than its counter.',
  'meter-type': 'A register meter is on a signal that cannot count exactly.',
  'meter-unit': 'What a count is worth differs between the signal and its meter.',
  'meter-wrap': 'The wrap value does not fit the register.',
  'meter-rate': 'The rate is 0, or so high that the counter could wrap unseen between two polls.',
  'meter-ratio': 'What a count is worth stands in a register, and a change of it would be counted.',
  'setting-compare': 'A setting of a device is compared with nothing, or in two ways.',
  'meter-unknown': 'The profile has no meter of this name.',
  'point-unknown': 'No model has a point of this name.',
  'composed-signal': 'A signal that is made of others has an address or a scale of its own, or is made of itself.',
  'composed-type': 'A part of a composed signal has a type that this place cannot work with.',
  'composed-poll': 'The parts of a composed signal are not read in one cycle.',
  'composed-unit': 'Signals that are added up have different units.',
  'limits-protocol': '`limits` with a protocol in which a device says its limits itself.',
  'address-words': '`words` or `text` without `count`, or `count` with another type.',
  'address-bit': '`bit` on something that is not a bool in a register.',
  'address-byte': '`byte` on something that is not one byte of a register.',
  'address-mask': '`mask` on something that is not a u16 or u32, or wider than it.',
  'address-type': 'A table of bits holds bool only.',
  'address-end': 'The value ends beyond the last address.',
  'interlock-block': 'The lease block needs 16 words to write and 18 to read, apart from each other.',
  'threshold-order': '`below` must be lower than `above`.',
} as const
export type FaultCode = keyof typeof faultCodes

/** A note lets the gateway start. */
export const noteCodes = {
  'no-issuers': 'No booking platform is trusted: nobody can book or unlock.',
  'no-mqtt': 'Nothing is published.',
  'drill-needed': 'The machine can be unlocked; tenants are let in once its drill has passed.',
  'api-exposed': 'The API listens beyond this host without encryption of its own, as the site file accepts.',
  'tls-expires': 'A certificate that the gateway shows has expired or will within 30 days.',
  'interlock-open': 'The interlock is on Modbus, which lets anyone on that network write.',
  'opcua-open': 'A device of another host is read over OPC UA without security.',
  'pair-no-judge': 'No machine of a pair has a lease: the spare never takes over by itself.',
  'no-finish': 'An output cannot prevent a new start while the last cycle completes.',
  'meter-clearable': 'A counter can be cleared while it counts.',
  'meter-coarse': 'A step of a meter is so large that a session may use less.',
  'watchdog-unproven': 'It is not known whether polls keep an output on; the drill finds out.',
  'no-fail-safe': 'Losing the gateway leaves the machine unlocked; somebody has accepted that.',
  'language-unknown': 'The tag is well-formed, but no language is known by it.',
  'link-unused': 'No device uses the link.',
  'device-shared': 'Two profiles read one device.',
} as const
export type NoteCode = keyof typeof noteCodes

/** `file:line:column code: what; what to do` */
export function faultLine(fault: Fault): string {
  return oneLine(`${fault.file}:${fault.line}:${fault.column} ${fault.code}: ${fault.message}; ${fault.advice}`)
}

/** The site file first, then by file, line and column. Each fault once. */
export function sortFaults(faults: readonly Fault[], firstFile: string): Fault[] {
  const rank = (fault: Fault) => (fault.file === firstFile ? '' : fault.file)
  const once = new Map(faults.map((fault) => [faultLine(fault), fault]))
  return [...once.values()].sort(
    (a, b) =>
      (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.code < b.code ? -1 : 1),
  )
}
