/**
 * What the page says, in English and Chinese. Words of faults and notes are the verifier's own: ledger/verify/words.ts.
 */

export type Language = 'en' | 'zh'

const words = {
  title: ['Latchkey evidence check', 'Latchkey 证据验证'],
  lead: [
    'Checks receipts and evidence bundles on this computer. Nothing is sent anywhere; the page works without a network.',
    '在本机验证回执和证据包。不向任何地方发送数据，断网也能使用。',
  ],
  audit: [
    'Step by step, also with a whole log and a copy of your own: /audit of the gateway, AUDIT.md of the sources.',
    '逐步说明，包括完整证据包和自行保存的副本：网关的 /audit，源码中的 AUDIT.md。',
  ],
  keys: ['Verification keys', '验证公钥'],
  keysHelp: [
    'One per line, as the operator of the machines published them. They must reach you another way than the files you check. After a change of keys: “<key> until=<size>” and “<key> from=<size>”.',
    '每行一个，由机器运营方公布。公钥必须通过与被验证文件不同的途径获得。更换公钥后写作“<公钥> until=<大小>”和“<公钥> from=<大小>”。',
  ],
  files: ['Files', '文件'],
  filesHelp: [
    'Receipts, evidence bundles, and any checkpoints you kept yourself: a bundle must continue each of them.',
    '回执、证据包，以及您自己保存的检查点：证据包必须是每个检查点的延续。',
  ],
  thorough: ['Also open entries that say nothing about use', '同时展开与用量无关的条目'],
  check: ['Check', '验证'],
  drop: ['or drop files here', '或将文件拖放到此处'],
  needKeys: ['Paste at least one key first.', '请先粘贴至少一个公钥。'],
  needFiles: ['Pick at least one receipt or evidence bundle.', '请选择至少一个回执或证据包。'],
  checking: ['checking', '验证中'],
  good: ['Good', '有效'],
  notGood: ['Not good', '无效'],
  goodReceipt: ['This receipt is part of the signed log, unchanged.', '此回执属于已签名的账本，未被更改。'],
  goodStatement: [
    'Every amount of this statement follows from its receipts and tariffs, which are part of the signed log.',
    '账单的每项金额均由其回执和费率得出，且回执和费率属于已签名的账本。',
  ],
  goodBundle: [
    'These entries are what was signed, all of them, in order, and their sums hold.',
    '这些条目与已签名内容完全一致，无缺失，顺序正确，合计相符。',
  ],
  bad: ['Do not rely on the figures below.', '请勿依据以下数字。'],
  unreadable: ['This file could not be read.', '无法读取此文件。'],
  log: ['Log', '账本'],
  entries: ['entries', '条目'],
  from: ['from', '起'],
  to: ['to', '止'],
  signedBy: ['signed by', '签名'],
  witness: ['witness', '见证'],
  faults: ['What is wrong', '问题'],
  notes: ['Worth knowing', '说明'],
  more: ['and more', '以及更多'],
  sessions: ['Sessions', '会话'],
  session: ['session', '会话'],
  machine: ['machine', '机器'],
  booking: ['booking', '预约'],
  tenant: ['tenant', '租户'],
  ended: ['ended', '结束原因'],
  meter: ['meter', '计量表'],
  begin: ['begin', '起始读数'],
  end: ['end', '结束读数'],
  used: ['charged', '计入用量'],
  overrun: ['of it after the grace', '其中超时用量'],
  elsewhere: ['not charged', '未计入'],
  offline: ['begun offline', '离线开始'],
  override: ['override by a technician', '技术员代开（无预约）'],
  'late-revocation': ['revoked late', '撤销通知迟到'],
  'not-fail-safe': ['not fail-safe', '非故障安全'],
  simulated: ['simulated, never billable', '模拟，不得计费'],
  meters: ['Meters', '计量表'],
  total: ['made in all', '总量'],
  inSessions: ['in sessions', '会话合计'],
  notInSessions: ['elsewhere', '其他'],
  corrected: ['corrected', '更正'],
  epoch: ['epoch', '计数周期'],
  counter: ['counter of the device', '设备计数器'],
  counted: ['by the counter', '按计数器'],
  booked: ['as booked', '按登记'],
  holds: ['agrees', '相符'],
  byHand: ['Corrections and manual entries', '更正与人工记录'],
  entry: ['entry', '条目'],
  reason: ['reason', '原因'],
  units: ['units', '用量'],
  identity: ['What ran', '运行的软件与配置'],
  software: ['software', '软件'],
  configuration: ['configuration', '配置'],
  shares: ['shares', '份额'],
  checkpoints: ['Newest checkpoint', '最新检查点'],
  size: ['size', '大小'],
  root: ['root', '根'],
  times: ['times', '次'],
  bookedMs: ['booked', '预约'],
  occupiedMs: ['occupied', '占用'],
  poweredMs: ['powered', '通电'],
  executingMs: ['executing', '加工'],
} as const satisfies Record<string, readonly [string, string]>

export type Phrase = keyof typeof words

export function say(language: Language, word: Phrase): string {
  return words[word][language === 'en' ? 0 : 1]
}
