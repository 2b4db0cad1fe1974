/**
 * Every refusal and failure the gateway can answer with: one table of code → HTTP status, decision word, title, advice.
 * Expected refusals are values (`Refusal`); failures of our own are `GatewayError`. Codes are part of the API and stay.
 */

/** Words of OCPP 2.0.1 AuthorizationStatus; the last three of `decisions` are our own. */
export const decisions = [
  /** Permission was given; no refusal has it. */
  'Accepted',
  /** By a rule or a state of the site that holds whoever asks, or for this role altogether. */
  'Blocked',
  /** Somebody or something else has the machine, the time or the session. */
  'ConcurrentTx',
  'Expired',
  /** Not as described, not genuine, or spent. */
  'Invalid',
  'NoCredit',
  'NotAtThisLocation',
  'NotAtThisTime',
  /** Not known here, or how it went is not known. */
  'Unknown',
  'NotQualified',
  /** The cause is at the machine. */
  'MachineNotReady',
  /** What would have to be known is too old. */
  'NotFresh',
] as const
export type Decision = (typeof decisions)[number]

/** One line a language; the Chinese one stands alone, also without the title. */
export type Advice = { readonly en: string; readonly zh: string }
type Row = { readonly status: number; readonly decision: Decision; readonly title: string; readonly advice: Advice }

export const problems = {
  'bad-request': {
    status: 400,
    decision: 'Invalid',
    title: 'The request is not as described',
    advice: {
      en: 'Compare it with /docs; unknown fields and null are refused.',
      zh: '请求格式不对，请对照 /docs 修改；不接受未知字段和空值。',
    },
  },
  unauthenticated: {
    status: 401,
    decision: 'Invalid',
    title: 'No valid credential',
    advice: {
      en: 'Send Authorization: Bearer with a token or a key, or Pin with the machine and the PIN.',
      zh: '没有有效凭证，请用预约令牌、密钥或密码再试。',
    },
  },
  'token-malformed': {
    status: 401,
    decision: 'Invalid',
    title: 'The token cannot be read',
    advice: {
      en: 'Ask the booking platform for a new one.',
      zh: '令牌无法读取，请在预约平台重新获取。',
    },
  },
  'token-forged': {
    status: 401,
    decision: 'Invalid',
    title: 'The token is not signed by a trusted issuer',
    advice: {
      en: 'Use the token the booking platform gave, unchanged.',
      zh: '令牌不是可信平台签发的，请原样使用平台给的令牌。',
    },
  },
  'token-expired': {
    status: 401,
    decision: 'Expired',
    title: 'The token has expired',
    advice: {
      en: 'Ask the booking platform for a new one.',
      zh: '令牌已过期，请在预约平台重新获取。',
    },
  },
  'token-not-yet': {
    status: 401,
    decision: 'NotAtThisTime',
    title: 'The token is not valid yet',
    advice: {
      en: 'Wait, or check the clock of the booking platform.',
      zh: '令牌还没生效，请稍等；若一直如此，请检查预约平台的时钟。',
    },
  },
  'token-revoked': {
    status: 403,
    decision: 'Blocked',
    title: 'The token was revoked',
    advice: {
      en: 'Ask the booking platform for a new one.',
      zh: '令牌已被平台撤销，请在预约平台重新获取。',
    },
  },
  'pin-wrong': {
    status: 401,
    decision: 'Invalid',
    title: 'The PIN opens nothing on this machine now',
    advice: {
      en: 'Check the PIN and the machine; it works only while your booking holds.',
      zh: '密码不对，或您的预约现在不在这台设备上；请核对密码、设备和时间。',
    },
  },
  'keys-unavailable': {
    status: 503,
    decision: 'Unknown',
    title: 'The keys of the issuer are not known here yet',
    advice: {
      en: 'Connect the gateway to the platform once; keys are kept from then on.',
      zh: '网关还没有平台的公钥，请让网关联网一次，之后断网也能用。',
    },
  },
  forbidden: {
    status: 403,
    decision: 'Blocked',
    title: 'This is not yours to see or do',
    advice: {
      en: 'Use a credential with the right role.',
      zh: '您无权查看或操作，请换用有相应权限的凭证。',
    },
  },
  'wrong-machine': {
    status: 403,
    decision: 'NotAtThisLocation',
    title: 'The booking is for another machine',
    advice: {
      en: 'Go to the machine named in the booking.',
      zh: '您预约的不是这台设备，请到预约的设备前操作。',
    },
  },
  'not-found': {
    status: 404,
    decision: 'Unknown',
    title: 'There is no such thing here',
    advice: {
      en: 'Check the id.',
      zh: '没有找到，请检查编号。',
    },
  },
  'no-booking': {
    status: 403,
    decision: 'Unknown',
    title: 'There is no booking for this',
    advice: {
      en: 'Book the machine on the platform first.',
      zh: '没有找到预约，请先在平台上预约这台设备。',
    },
  },
  'booking-conflict': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'The time is taken by another booking',
    advice: {
      en: 'Choose another time; freeUntil of the machine helps.',
      zh: '这个时段已被预约，请换一个时间。',
    },
  },
  'booking-version': {
    status: 409,
    decision: 'Invalid',
    title: 'A newer version of the booking is known',
    advice: {
      en: 'Read the booking and send a higher version.',
      zh: '已有更新的预约版本，请先读取预约，再用更高的版本号提交。',
    },
  },
  'booking-in-use': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'The booking is in use',
    advice: {
      en: 'End the session first, or change only the end.',
      zh: '预约正在使用中，请先结束使用，或只修改结束时间。',
    },
  },
  'too-many-bookings': {
    status: 503,
    decision: 'Blocked',
    title: 'No more bookings can be held',
    advice: {
      en: 'Cancel some, or raise bounds.maxBookings.',
      zh: '预约数量已满，请取消一些预约，或调大 bounds.maxBookings。',
    },
  },
  'too-many-blocks': {
    status: 503,
    decision: 'Blocked',
    title: 'No more blocks can be held for this machine',
    advice: {
      en: 'Remove some, or raise bounds.maxBlocks.',
      zh: '这台设备的停用时段已满，请删除一些，或调大 bounds.maxBlocks。',
    },
  },
  'wrong-time': {
    status: 403,
    decision: 'NotAtThisTime',
    title: 'The booking does not hold now',
    advice: {
      en: 'Come back within the booked time.',
      zh: '现在不在预约时段内，请按预约时间再来。',
    },
  },
  'limit-used': {
    status: 403,
    decision: 'NoCredit',
    title: 'What the booking allows has been used',
    advice: {
      en: 'Ask the booking platform for more.',
      zh: '预约的用量已用完，请在预约平台增加。',
    },
  },
  offline: {
    status: 503,
    decision: 'Blocked',
    title: 'The gateway is out of contact with the platform',
    advice: {
      en: 'Nobody may begin to use this machine until the gateway is online again.',
      zh: '网关与平台失去联系，恢复联网前这台设备不能开始使用。',
    },
  },
  'revocations-stale': {
    status: 503,
    decision: 'NotFresh',
    title: 'The list of revoked bookings is too old',
    advice: {
      en: 'Connect the gateway to the platform, so that a newer list can come.',
      zh: '撤销名单太旧，请让网关联网，收到新名单后再开锁。',
    },
  },
  'revocations-number': {
    status: 409,
    decision: 'Invalid',
    title: 'A newer list of revoked bookings is known',
    advice: {
      en: 'Send a list with a higher number.',
      zh: '已有更新的撤销名单，请提交编号更高的名单。',
    },
  },
  'not-qualified': {
    status: 403,
    decision: 'NotQualified',
    title: 'The booking lacks a qualification this machine requires',
    advice: {
      en: 'Have the platform confirm the qualification, then use a new booking or token.',
      zh: '您还没有这台设备要求的资质，请先在平台确认资质，再重新预约或取令牌。',
    },
  },
  'booking-cancelled': {
    status: 403,
    decision: 'Expired',
    title: 'The booking was cancelled',
    advice: {
      en: 'Book again.',
      zh: '预约已取消，请重新预约。',
    },
  },
  'booking-released': {
    status: 403,
    decision: 'Expired',
    title: 'The booking was released because nobody came',
    advice: {
      en: 'Book again.',
      zh: '预约开始后一直没人来，已自动释放，请重新预约。',
    },
  },
  'token-replayed': {
    status: 409,
    decision: 'Invalid',
    title: 'The token has been used',
    advice: {
      en: 'One token unlocks once; use resume within the session, or ask for a new token.',
      zh: '令牌已用过，一个令牌只能开锁一次；使用中断请点“继续使用”，否则请重新获取令牌。',
    },
  },
  'machine-in-use': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'A session is open on the machine',
    advice: {
      en: 'Wait until it has ended.',
      zh: '设备正在使用中，请等它结束。',
    },
  },
  'machine-blocked': {
    status: 409,
    decision: 'Blocked',
    title: 'The machine is blocked',
    advice: {
      en: 'Ask the technician.',
      zh: '设备已停用，请询问技术员。',
    },
  },
  'clean-down': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The machine is cleaned down after its last use',
    advice: {
      en: 'Wait until freeAt.',
      zh: '上一位用完后正在清理设备，请等到 freeAt 的时间。',
    },
  },
  'inspection-due': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'Somebody has to look at the machine after its last use',
    advice: {
      en: 'Look at it and record what you find with inspection; then unlock.',
      zh: '上次用完后设备还没检查，请先检查并登记结果，再开锁。',
    },
  },
  'inspection-failed': {
    status: 409,
    decision: 'Blocked',
    title: 'The machine failed its inspection',
    advice: {
      en: 'A technician has to pass it.',
      zh: '设备检查不合格，需技术员确认合格后才能使用。',
    },
  },
  'not-commissioned': {
    status: 409,
    decision: 'Blocked',
    title: 'The machine has not been shown to lock itself',
    advice: {
      en: 'A technician has to run its drill: latchkey drill.',
      zh: '设备还没通过自动上锁测试，请技术员运行演练：latchkey drill。',
    },
  },
  'drill-not-ready': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The drill cannot begin',
    advice: {
      en: 'See detail: the machine has to be in maintenance, locked, and nobody near it.',
      zh: '现在不能开始演练：设备须处于维护状态、已上锁、旁边没有人，请看详细说明。',
    },
  },
  'no-interlock': {
    status: 409,
    decision: 'Blocked',
    title: 'The machine cannot be unlocked from here',
    advice: {
      en: 'It is read and metered only.',
      zh: '这台设备只采集和计量，不能从这里开锁。',
    },
  },
  'machine-not-ready': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The machine does not accept an unlock now',
    advice: {
      en: 'See detail; the cause is at the machine.',
      zh: '设备现在不能开锁，原因在设备上，请看详细说明。',
    },
  },
  'machine-refused': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The machine refused the unlock',
    advice: {
      en: 'See detail; the token can be used again.',
      zh: '设备拒绝开锁，请看详细说明；处理后同一令牌可再用。',
    },
  },
  'foreign-use': {
    status: 409,
    decision: 'MachineNotReady',
    title: 'The machine is unlocked by somebody else',
    advice: {
      en: 'Ask the technician who unlocked it.',
      zh: '设备已被别人从其他途径开锁，请询问技术员。',
    },
  },
  'not-fresh': {
    status: 503,
    decision: 'NotFresh',
    title: 'The machine cannot be read now',
    advice: {
      en: 'Try again in a few seconds; if it stays, call the technician.',
      zh: '暂时读不到设备数据，请过几秒再试；一直这样请找技术员。',
    },
  },
  'time-untrusted': {
    status: 503,
    decision: 'Blocked',
    title: 'The clock of the gateway is not trusted',
    advice: {
      en: 'Connect it to a time source.',
      zh: '网关时钟不可信，请技术员让网关与时间源对时。',
    },
  },
  'ledger-unproven': {
    status: 503,
    decision: 'Blocked',
    title: 'The ledger is not shown to be whole',
    advice: {
      en: 'Right after a start wait a few seconds. If it stays, call the technician: the disk may hold an old or altered copy.',
      zh: '账本还没核对完整，刚启动请稍等几秒；一直这样请找技术员，硬盘上可能是旧的或被改动的副本。',
    },
  },
  'ledger-full': {
    status: 503,
    decision: 'Blocked',
    title: 'The disk reserve is used up',
    advice: {
      en: 'Free space on the disk of the gateway.',
      zh: '网关硬盘空间不足，请技术员清理。',
    },
  },
  unconfirmed: {
    status: 504,
    decision: 'Unknown',
    title: 'The machine did not confirm',
    advice: {
      en: 'It locks by itself; see locksBy. Do not repeat before.',
      zh: '设备没有确认，它会自动上锁（时间见 locksBy），在此之前请不要重复操作。',
    },
  },
  'session-ended': {
    status: 409,
    decision: 'Expired',
    title: 'The session has ended',
    advice: {
      en: 'Unlock again with a new token.',
      zh: '本次使用已结束，请用新令牌重新开锁。',
    },
  },
  'not-suspended': {
    status: 409,
    decision: 'ConcurrentTx',
    title: 'The session is not suspended',
    advice: {
      en: 'There is nothing to resume.',
      zh: '本次使用没有暂停，无需继续。',
    },
  },
  'not-in-account': {
    status: 409,
    decision: 'Invalid',
    title: 'The units are not in that account',
    advice: {
      en: 'Read the meter; units move within one epoch only, and none are made.',
      zh: '该账户里没有这些数量，请先读表；数量只能在同一计量周期内转移。',
    },
  },
  'key-reused': {
    status: 422,
    decision: 'Invalid',
    title: 'The Idempotency-Key was used with another request',
    advice: {
      en: 'Use a new key for a new request.',
      zh: '这个 Idempotency-Key 已用于另一个请求，请为新请求换一个。',
    },
  },
  busy: {
    status: 503,
    decision: 'Blocked',
    title: 'Too many commands are under way',
    advice: {
      en: 'Try again shortly.',
      zh: '网关正忙，请稍后再试。',
    },
  },
  'rate-limited': {
    status: 429,
    decision: 'Blocked',
    title: 'Too many requests',
    advice: {
      en: 'Wait as Retry-After says.',
      zh: '请求太频繁，请按 Retry-After 的时间等待后再试。',
    },
  },
  stopping: {
    status: 503,
    decision: 'Blocked',
    title: 'The gateway is stopping',
    advice: {
      en: 'Try again in a minute.',
      zh: '网关正在停止，请一分钟后再试。',
    },
  },
  'timed-out': {
    status: 504,
    decision: 'Unknown',
    title: 'No answer in time',
    advice: {
      en: 'Read the session before trying again.',
      zh: '没有及时得到答复，请先查看使用状态，再决定是否重试。',
    },
  },
  'read-only': {
    status: 405,
    decision: 'Invalid',
    title: 'The method is not allowed here',
    advice: {
      en: 'See /docs.',
      zh: '这里不允许这个方法，请看 /docs。',
    },
  },
  internal: {
    status: 500,
    decision: 'Unknown',
    title: 'Something went wrong in the gateway',
    advice: {
      en: 'Tell the technician the time and the instance.',
      zh: '网关内部出错，请把时间和 instance 编号告诉技术员。',
    },
  },
} as const satisfies Record<string, Row>

export type ProblemCode = keyof typeof problems

/** An expected no, with its reason; a value, never thrown. */
export type Refusal = {
  readonly code: ProblemCode
  /** What in particular; never a secret, never another tenant. */
  readonly detail?: string
  /** More members for the problem document, e.g. `locksBy`, `session`. */
  readonly extra?: Readonly<Record<string, string | number | boolean>>
}

/** What the event of a refusal says of it. */
export const told = (code: ProblemCode): { readonly code: ProblemCode; readonly decision: Decision } => ({
  code,
  decision: problems[code].decision,
})

export function refuse(code: ProblemCode, detail?: string, extra?: Refusal['extra']): Refusal {
  return { code, ...(detail === undefined ? {} : { detail }), ...(extra === undefined ? {} : { extra }) }
}

/** A failure of our own. `step` says where, `subject` which machine, link, sink or file. */
export class GatewayError extends Error {
  readonly code: 'config' | 'ledger' | 'link' | 'sink' | 'thread' | 'lock' | 'invariant'
  readonly step: string
  readonly subject: string | undefined
  constructor(
    code: GatewayError['code'],
    step: string,
    message: string,
    more: { subject?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'GatewayError'
    this.code = code
    this.step = step
    this.subject = more.subject
  }
}

/** A broken invariant ends the process: the ledger makes that safe. */
export function assert(condition: boolean, step: string, message: string): asserts condition {
  if (!condition) throw new GatewayError('invariant', step, message)
}
