/**
 * The words of a verdict, in English and Chinese: every fault and every note by its code. A code never changes; its
 * words may.
 * Read next: verdict.ts.
 */
type Words = { readonly en: string; readonly zh: string }

/** With any of these the evidence is not good. */
export const faultWords = {
  format: { en: 'This is not a receipt or an evidence bundle of a known version', zh: '不是已知版本的回执或证据包' },
  truncated: { en: 'The file ends too early', zh: '文件不完整，提前结束' },
  'line-malformed': { en: 'A line may not stand where it does', zh: '某一行不符合格式' },
  'counts-differ': { en: 'The file does not hold what its last line counts', zh: '文件内容数量与末行不符' },
  'key-malformed': { en: 'A verification key cannot be read', zh: '验证公钥无法识别' },
  'checkpoint-malformed': { en: 'A checkpoint is not in its format', zh: '检查点格式错误' },
  'origin-differs': { en: 'A part of this belongs to another log', zh: '内容来自另一个账本' },
  'signature-missing': {
    en: 'A checkpoint lacks the signature of a key that must have signed it',
    zh: '检查点缺少必需公钥的签名',
  },
  'signature-wrong': { en: 'A signature is wrong', zh: '签名不正确' },
  'signature-doubled': { en: 'A key signed one checkpoint twice', zh: '同一公钥在一个检查点上重复签名' },
  'key-retired': { en: 'A key signed a checkpoint of a size it was not valid for', zh: '公钥在其有效范围之外签名' },
  'checkpoint-order': {
    en: 'A checkpoint does not stand after the entries it counts',
    zh: '检查点的位置与其条目数不符',
  },
  'checkpoint-none': { en: 'Nothing here is signed', zh: '没有任何已签名的检查点' },
  'root-differs': { en: 'The entries are not those that were signed', zh: '条目与已签名的内容不一致' },
  'entries-unsigned': { en: 'The last entries are not covered by a checkpoint', zh: '末尾的条目没有检查点覆盖' },
  'rolled-back': {
    en: 'The log ends before a checkpoint that was kept outside',
    zh: '账本早于外部保存的检查点，已被回退',
  },
  forked: {
    en: 'The log has another past than a checkpoint that was kept outside',
    zh: '账本与外部保存的检查点不一致，已分叉',
  },
  'sequence-wrong': { en: 'An entry does not stand at its sequence number', zh: '条目序号与其位置不符' },
  'site-differs': { en: 'An entry belongs to another site', zh: '条目来自另一个站点' },
  'entry-malformed': { en: 'An entry is not in its one canonical form', zh: '条目不符合规范格式' },
  'kind-unknown': {
    en: 'An entry is of a kind that this verifier does not know; use a newer one',
    zh: '未知的条目类型，请使用更新的验证程序',
  },
  'version-unknown': {
    en: 'An entry is of a version that this verifier does not know; use a newer one',
    zh: '未知的条目版本，请使用更新的验证程序',
  },
  'inclusion-wrong': { en: 'An entry is not in the signed tree', zh: '条目不在已签名的树中' },
  'receipt-incomplete': { en: 'An entry that a receipt must hold is missing', zh: '回执缺少必需的条目' },
  'receipt-stray': { en: 'A receipt holds an entry of another session', zh: '回执含有不属于该会话的条目' },
  'tariff-malformed': { en: 'A tariff is not in a form that can be recomputed', zh: '费率格式错误，无法重新计算' },
  'tariff-missing': { en: 'The tariff that a use names is not here', zh: '缺少用量所指定的费率' },
  'trace-wrong': {
    en: 'The readings of a use do not only rise, or are not in their form',
    zh: '用量读数回退或格式错误',
  },
  'credit-wrong': {
    en: 'A credit is not of two people, or takes what its use does not have',
    zh: '冲减记录并非由两人完成，或超出了用量',
  },
  'timeline-stray': {
    en: 'A timeline holds an entry of another machine or another time',
    zh: '时间线含有其他机器或其他时间的条目',
  },
  'statement-unsigned': { en: 'The statement is not the one that was signed', zh: '账单与已签名的账单不一致' },
  'statement-stray': {
    en: 'The statement holds a use that is not of its period, tenant or owner, or a tariff that none names',
    zh: '账单含有不属于该期间、租户或所有者的用量',
  },
  'statement-differs': {
    en: 'The statement is not what its receipts and tariffs come to',
    zh: '账单与回执和费率的计算结果不一致',
  },
  'acceptance-missing': {
    en: 'The file does not hold exactly one acceptance of a machine',
    zh: '文件未恰好包含一份机器验收记录',
  },
  'receipt-differs': { en: 'A receipt does not fit the bundle it is in', zh: '回执与所在证据包不一致' },
  'session-unconfirmed': {
    en: 'A session ended that the machine never confirmed',
    zh: '会话已结束，但机器从未确认解锁',
  },
  'session-doubled': { en: 'A session began or ended twice', zh: '会话重复开始或结束' },
  'session-overlap': { en: 'A machine had two sessions at once', zh: '同一机器同时存在两个会话' },
  'begin-differs': { en: 'The begin readings were changed after the unlock', zh: '起始读数在解锁后被更改' },
  'session-differs': {
    en: 'The end of a session contradicts its other entries, or itself',
    zh: '会话的记录与其其他条目或自身不一致',
  },
  'token-wrong': { en: 'A fencing token does not rise, or was never intended', zh: '令牌没有递增，或从未登记' },
  'end-below-begin': { en: 'An end reading is below the begin reading', zh: '结束读数小于起始读数' },
  'use-exceeds-meter': { en: 'A session is charged more units than the meter made', zh: '会话用量超过了计量表的增量' },
  'use-below-named': {
    en: 'A session is charged fewer units than were booked to it by name',
    zh: '会话用量少于已登记给它的用量',
  },
  'overrun-exceeds-use': {
    en: 'A session has more overrun than it is charged',
    zh: '超时用量大于会话用量',
  },
  'total-fell': { en: 'A total went down', zh: '累计值变小' },
  'counter-differs': { en: 'The units do not follow the counter they were read from', zh: '用量与计数器读数不符' },
  'epoch-wrong': { en: 'A counter began a new epoch that no entry announced', zh: '计数周期变化没有记录' },
  'correction-wrong': {
    en: 'A correction moves units that are not there, or corrects a later entry',
    zh: '更正移动了不存在的用量，或更正了之后的条目',
  },
  'accounts-differ': {
    en: 'Session, unassigned and disputed units do not add up to the counter',
    zh: '会话、未归属、有争议用量之和与计数不符',
  },
} as const satisfies Record<string, Words>

/** Worth knowing; the evidence may be good. */
export const noteWords = {
  simulated: { en: 'From a simulated machine, never billable', zh: '来自模拟机器，不得计费' },
  'clock-back': {
    en: 'Wall time went back; the order is that of the sequence numbers',
    zh: '时钟曾回拨；顺序以序号为准',
  },
  'clock-unsure': {
    en: 'The clock was not synchronised; durations hold, dates are informative',
    zh: '时钟未同步；时长有效，日期仅供参考',
  },
  'field-unknown': {
    en: 'A field that this verifier does not know; it is signed, but not judged',
    zh: '未知字段：已签名，但未作判断',
  },
  'not-opened': {
    en: 'Entries of which only the kind was read; they are signed, and say nothing about use',
    zh: '未展开的条目：已签名，与用量无关',
  },
  'session-open': { en: 'A session had not ended', zh: '会话尚未结束' },
  'session-incomplete': {
    en: 'The end readings could not be taken; the last good ones stand',
    zh: '无法读取结束读数，以最后有效读数为准',
  },
  'units-elsewhere': {
    en: 'Between begin and end the meter made units that are not charged to the session',
    zh: '起止之间有部分用量未计入该会话',
  },
  'by-hand': { en: 'A person made a correction or a manual entry; read it', zh: '有人工更正或人工记录，请查看' },
  'signature-unknown': {
    en: 'A checkpoint also bears signatures of keys that you did not give',
    zh: '检查点还带有未提供公钥的签名',
  },
  extension: {
    en: 'A checkpoint has extension lines, which this verifier does not check',
    zh: '检查点带有扩展行，未作检查',
  },
} as const satisfies Record<string, Words>
