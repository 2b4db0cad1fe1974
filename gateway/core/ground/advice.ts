/**
 * What to do about each problem, in the words of the person who sees it: English, then Chinese. The Chinese line stands
 * alone, also without the title. Read next: problems.ts (the codes).
 */

export const advice = {
  'bad-request': [
    'Compare it with /docs; unknown fields and null are refused.',
    '请求格式不对，请对照 /docs 修改；不接受未知字段和空值。',
  ],
  unauthenticated: [
    'Send Authorization: Bearer with a token or a key, or Pin with the machine and the PIN.',
    '没有有效凭证，请用预约令牌、密钥或 PIN 码再试。',
  ],
  'token-malformed': ['Ask the booking platform for a new one.', '令牌无法读取，请在预约平台重新获取。'],
  'token-forged': [
    'Use the token the booking platform gave, unchanged.',
    '令牌不是可信平台签发的，请原样使用平台给的令牌。',
  ],
  'token-expired': ['Ask the booking platform for a new one.', '令牌已过期，请在预约平台重新获取。'],
  'token-not-yet': [
    'Wait, or check the clock of the booking platform.',
    '令牌还没生效，请稍等；若一直如此，请检查预约平台的时钟。',
  ],
  'token-revoked': ['Ask the booking platform for a new one.', '令牌已被平台撤销，请在预约平台重新获取。'],
  'pin-wrong': [
    'Check the PIN and the machine; it works only while your booking holds.',
    'PIN 码不对，或您的预约现在不在这台机器上；请核对 PIN 码、机器和时间。',
  ],
  'keys-unavailable': [
    'Connect the gateway to the platform once; keys are kept from then on.',
    '网关还没有平台的公钥，请让网关联网一次，之后断网也能用。',
  ],
  forbidden: ['Use a credential with the right role.', '您无权查看或操作，请换用有相应权限的凭证。'],
  'wrong-machine': ['Go to the machine named in the booking.', '您预约的不是这台机器，请到预约的机器前操作。'],
  'not-found': ['Check the id.', '没有找到，请检查编号。'],
  'no-booking': ['Book the machine on the platform first.', '没有找到预约，请先在平台上预约这台机器。'],
  'booking-conflict': ['Choose another time; freeUntil of the machine helps.', '这个时段已被预约，请换一个时间。'],
  'booking-version': [
    'Read the booking and send a higher version.',
    '已有更新的预约版本，请先读取预约，再用更高的版本号提交。',
  ],
  'booking-in-use': [
    'End the session first, or change only the end.',
    '预约正在使用中，请先结束会话，或只修改结束时间。',
  ],
  'too-many-bookings': [
    'Cancel some, or raise bounds.maxBookings.',
    '预约数量已满，请取消一些预约，或调大 bounds.maxBookings。',
  ],
  'too-many-reports': [
    'Ask a technician to close what is done, then report again.',
    '这台机器未处理的报修太多，请联系技术员。',
  ],
  'too-many-subscriptions': [
    'Revoke those that nobody needs, or raise bounds.maxSubscriptions.',
    '日历订阅地址已满，请撤销不用的地址，或调大 bounds.maxSubscriptions。',
  ],
  'too-many-blocks': [
    'Remove some, or raise bounds.maxBlocks.',
    '这台机器的停用时段已满，请删除一些，或调大 bounds.maxBlocks。',
  ],
  'answers-due': [
    'Send `answers` with the unlock; GET /v1/machines/{id}/questions lists what is asked.',
    '使用前请先回答这台机器的问题。',
  ],
  'answer-refused': [
    'Leave the machine as it is and tell a technician what is wrong.',
    '按您的回答，这台机器现在不能使用；请不要动它，并联系技术员。',
  ],
  'already-answered': [
    'Report what is to be added: POST /v1/machines/{id}/reports.',
    '使用后的问题已经回答过；如需补充，请提交报修。',
  ],
  'wrong-time': ['Come back within the booked time.', '现在不在预约时段内，请按预约时间再来。'],
  'limit-used': ['Ask the booking platform for more.', '预约的用量已用完，请在预约平台增加。'],
  offline: [
    'Nobody may begin to use this machine until the gateway is online again.',
    '网关与平台失去联系，恢复联网前这台机器不能开始使用。',
  ],
  'revocations-stale': [
    'Connect the gateway to the platform, so that a newer list can come.',
    '撤销名单太旧，请让网关联网，收到新名单后再解锁。',
  ],
  'revocations-number': ['Send a list with a higher number.', '已有更新的撤销名单，请提交编号更高的名单。'],
  'not-qualified': [
    'Have the platform confirm the qualification, then use a new booking or token.',
    '您还没有这台机器要求的资质，请先在平台确认资质，再重新预约或取令牌。',
  ],
  'booking-cancelled': ['Book again.', '预约已取消，请重新预约。'],
  'booking-released': ['Book again.', '预约开始后一直没人来，已自动释放，请重新预约。'],
  'token-replayed': [
    'One token unlocks once; use resume within the session, or ask for a new token.',
    '令牌已用过，一个令牌只能解锁一次；会话暂停后请用“恢复”，否则请重新获取令牌。',
  ],
  'machine-in-use': ['Wait until it has ended.', '机器正在使用中，请等它结束。'],
  'machine-blocked': ['Ask the technician.', '机器已停用，请询问技术员。'],
  'clean-down': ['Wait until freeAt.', '上一位用完后正在清理机器，请等到 freeAt 的时间。'],
  'inspection-due': [
    'Look at it and record what you find with inspection; then unlock.',
    '上次用完后机器还没检查，请先检查并登记结果，再解锁。',
  ],
  'inspection-failed': ['A technician has to pass it.', '机器检查不合格，需技术员确认合格后才能使用。'],
  'not-commissioned': [
    'A technician has to run its drill: latchkey drill.',
    '机器还没通过自动锁定测试，请技术员运行演练：latchkey drill。',
  ],
  'drill-not-ready': [
    'See detail: the machine has to be in maintenance, locked, and nobody near it.',
    '现在不能开始演练：机器须处于维护状态、已锁定、旁边没有人，请看详细说明。',
  ],
  'no-interlock': ['It is read and metered only.', '这台机器只采集和计量，不能从这里解锁。'],
  'machine-not-ready': ['See detail; the cause is at the machine.', '机器现在不能解锁，原因在机器上，请看详细说明。'],
  'machine-refused': ['See detail; the token can be used again.', '机器拒绝解锁，请看详细说明；处理后同一令牌可再用。'],
  'foreign-use': ['Ask the technician who unlocked it.', '机器已被别人从其他途径解锁，请询问技术员。'],
  'not-fresh': [
    'Try again in a few seconds; if it stays, call the technician.',
    '暂时读不到机器数据，请过几秒再试；一直这样请找技术员。',
  ],
  'time-untrusted': [
    'Wait until its clock is right again. A technician sees what it shows, and mends it, with: latchkey clock.',
    '网关时钟不可信，请等时钟恢复；技术员可用 latchkey clock 查看和修正。',
  ],
  'ledger-unproven': [
    'Right after a start wait a few seconds. If it stays, call the technician: the disk may hold an old or altered copy.',
    '账本还没核对完整，刚启动请稍等几秒；一直这样请找技术员，硬盘上可能是旧的或被改动的副本。',
  ],
  'ledger-full': ['Free space on the disk of the gateway.', '网关硬盘空间不足，请技术员清理。'],
  unconfirmed: [
    'It locks by itself; see locksBy. Do not repeat before.',
    '机器没有确认，它会自动锁定（时间见 locksBy），在此之前请不要重复操作。',
  ],
  'session-ended': ['Unlock again with a new token.', '会话已结束，请用新令牌重新解锁。'],
  'not-suspended': ['There is nothing to resume.', '会话没有暂停，无需恢复。'],
  'not-in-account': [
    'Read the meter; units move within one epoch only, and none are made.',
    '该账户里没有这些数量，请先读表；数量只能在同一计量周期内转移。',
  ],
  'configuration-faulty': [
    'Correct what `errors` lists; latchkey check says the same.',
    '配置有误，请按 errors 逐条修改；latchkey check 给出同样的检查结果。',
  ],
  'configuration-changed': [
    'Somebody else has applied a change: look at it, and apply yours to what is in force now.',
    '已有人应用了另一份配置，请先查看现行配置，再在其基础上修改并应用。',
  ],
  'configuration-waits': [
    'Wait until the session has ended; latchkey apply --wait does. Nothing was changed.',
    '要修改的机器正在使用，请等会话结束后再应用（可用 latchkey apply --wait）；配置没有任何改动。',
  ],
  'needs-restart': [
    'Put the file in place of the site file and start the gateway again; sessions go on if it is back within their lease.',
    '这项改动要重启网关才能生效：请替换站点文件后重启；在租约时间内恢复，会话不会中断。',
  ],
  'key-reused': ['Use a new key for a new request.', '这个 Idempotency-Key 已用于另一个请求，请为新请求换一个。'],
  busy: ['Try again shortly.', '网关正忙，请稍后再试。'],
  'rate-limited': ['Wait as Retry-After says.', '请求太频繁，请按 Retry-After 的时间等待后再试。'],
  'no-spare': [
    'Look at the page of the other box: it says why it could not take over. Nothing was changed.',
    '请看另一台自己的页面，上面写着为什么不能接管；现在没有任何改动。',
  ],
  spare: ['Ask the active box, which `active` names.', '本机是备机，请访问 active 所指的主机。'],
  stopping: ['Try again in a minute.', '网关正在停止，请一分钟后再试。'],
  'timed-out': ['Read the session before trying again.', '没有及时得到答复，请先查看会话状态，再决定是否重试。'],
  'read-only': ['See /docs.', '这里不允许这个方法，请看 /docs。'],
  internal: ['Tell the technician the time and the instance.', '网关内部出错，请把时间和 instance 编号告诉技术员。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>
