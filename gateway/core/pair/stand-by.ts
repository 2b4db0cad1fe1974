/**
 * What a box of a pair says of itself while it is not the gateway: its role, how far behind it is, and why it could not
 * take over now, in English and in Chinese. Pure. Read next: watch.ts (who decides), front/spare/answer.ts (who tells).
 */

/** `en`, `zh`: one sentence each. */
export type InBoth = { readonly en: string; readonly zh: string }

const inBoth = (en: string, zh: string): InBoth => ({ en, zh })

/** Why this box could not take over; codes are read by programs and stay. */
const whys = {
  absent: inBoth(
    'The other box does not answer, and this one cannot know whether it has gone on.',
    '另一台不应答，本机无法知道它是否已继续工作。',
  ),
  key: inBoth(
    'At the address of the other box somebody answers who has another key: compare the secret pair.key of both boxes.',
    '另一台的地址上有应答，但密钥不同：请核对两台的 pair.key。',
  ),
  copying: inBoth('It takes a copy of the ledger, and has not everything yet.', '正在复制账本，尚未齐全。'),
  life: inBoth(
    'The active box is out of reach from here, and works on at the machines.',
    '从本机连不到主机，但它仍在机器上工作。',
  ),
  blind: inBoth(
    'The active box is out of reach, and too few machines could be read to take over: a person decides.',
    '连不到主机，能读到的机器又太少，不能接管：须由人决定。',
  ),
  disk: inBoth(
    'Its disk has less room than bounds.diskReserve: it takes no copy before there is more.',
    '本机磁盘空间低于 bounds.diskReserve：腾出空间前不再复制。',
  ),
  failed: inBoth(
    'What the active box sent could not be kept here: the log says why. It tries again.',
    '主机发来的数据无法保存：原因见日志。稍后会重试。',
  ),
  configuration: inBoth(
    'The active box has a configuration that cannot be used on this one: the log says why.',
    '主机的配置在本机无法使用：原因见日志。',
  ),
  site: inBoth(
    'The other box is of another site: one of the two has the wrong site file.',
    '另一台属于别的站点：两台中有一台的站点文件不对。',
  ),
  taken: inBoth(
    'Another box follows the active one: there may be two that take themselves for this box.',
    '已有另一台在跟随主机：可能有两台都以为自己是这一台。',
  ),
  version: inBoth(
    'The boxes run versions whose ledgers differ: install the same version on both.',
    '两台的软件版本不同，账本格式不一致：请装同一版本。',
  ),
  both: inBoth(
    'Both boxes say the same of the past, such as after one was copied: empty dataDir on the box that is to follow, and start it again.',
    '两台对过去的说法相同（例如其中一台是复制来的）：请清空应为备机那台的 dataDir，再启动它。',
  ),
  later: inBoth(
    'This box was the active one later than the other: only with what is here may the site go on. Stop the other one, empty its dataDir, and start it again.',
    '本机比另一台更晚当过主机：站点只能用本机的数据继续。请停下另一台，清空其 dataDir，再启动它。',
  ),
  apart: inBoth(
    'Neither box was the active one last, and what they have differs: a person decides which data counts.',
    '两台都不是最后的主机，数据又不同：须由人决定以哪台数据为准。',
  ),
  asking: inBoth('It asks the other box which of the two works.', '正在询问另一台由谁工作。'),
} as const satisfies Readonly<Record<string, InBoth>>

export type Why = keyof typeof whys

export const isWhy = (word: string): word is Why => Object.hasOwn(whys, word)
export const sentenceOf = (why: Why): InBoth => whys[why]

/** As another box would be told: what has to happen for it to take over. */
export function takesOverWhen(takeMs: number): InBoth {
  const s = takeMs / 1000
  return inBoth(
    `It takes over at once when the active box leaves the site to it (latchkey pair switch, or a stop); and ${s} s after the last word of the active box, if most machines show that nobody wrote to them since.`,
    `主机自行交出（latchkey pair switch 或停止服务）时立即接管；主机失联 ${s} 秒、且多数机器显示其间无人写入时接管。`,
  )
}

export type StandBy = {
  /** `undecided`: it asks the other box which of them works. */
  readonly role: 'spare' | 'undecided'
  readonly box: string
  readonly other: string
  /** Where callers reach the other box, as the site file says. */
  readonly otherUrl?: string
  readonly term: number
  /** Since the other box was last heard; absent: never in this run. */
  readonly heardAgoMs?: number
  /** Changes of the ledger that the active box has and this one lacks; absent: it cannot know. */
  readonly behind?: number
  /** Undefined: it could take over now. */
  readonly why?: Why
}
