/**
 * The strip of the demo, in the browser, below each page of the console: book, look as somebody else, and act as the
 * person at a simulated machine. It stands in the demo only and knows nothing of the pages but their addresses.
 * Next: simulators/demo/lobby.ts, which serves it and carries out what it asks.
 */

type Words = Readonly<
  Record<
    | 'title'
    | 'machine'
    | 'book'
    | 'stop'
    | 'release'
    | 'cut'
    | 'start'
    | 'away'
    | 'call'
    | 'look'
    | 'really'
    | 'may'
    | 'not'
    | 'made'
    | 'pressed'
    | 'technician'
    | 'auditor'
    | 'owner'
    | 'failed'
    | 'show',
    string
  >
>

const texts: Readonly<Record<'en' | 'zh', Words>> = {
  en: {
    ...{
      title: 'Demo',
      machine: 'Machine',
      book: 'Book it for an hour',
      stop: 'Press its emergency stop',
      start: 'Press start',
    },
    ...{ release: 'Release the stop', cut: 'Cut its cable for 8 s', look: 'Look as', really: 'At the machine' },
    ...{ away: 'Send its operator away', call: 'Call its operator' },
    ...{ may: 'may start', not: 'cannot start', made: 'made', pressed: 'emergency stop pressed' },
    ...{
      technician: 'technician',
      auditor: 'auditor',
      owner: 'owner',
      failed: 'That did not work',
      show: 'To the demo ↓',
    },
  },
  zh: {
    ...{ title: '演示', machine: '机器', book: '预约一小时', stop: '按下急停', start: '按启动' },
    ...{ away: '让操作员离开', call: '叫操作员来' },
    ...{ release: '释放急停', cut: '断开网线 8 秒', look: '换个身份', really: '机器旁边' },
    ...{ may: '可以启动', not: '不能启动', made: '已做', pressed: '急停已按下' },
    ...{ technician: '技术员', auditor: '审计员', owner: '所有者', failed: '没有成功', show: '演示操作 ↓' },
  },
}

type Machine = { readonly id: string; readonly name: Readonly<Record<string, string>> }
type Judge = { startPermission?: boolean; producedUnits?: number; emergencyStop?: boolean }

const everyMs = 1_000
const strip = document.createElement('aside')
strip.id = 'demo-strip'
let machines: readonly Machine[] = []
let chosen = ''
let said = ''

const lang = () => (document.documentElement.lang.startsWith('zh') ? 'zh' : 'en')
const words = (): Words => texts[lang()]
/** On a phone the strip stands below the page, and what it does is seen above. */
const isBelow = () => matchMedia('(max-width: 640px)').matches
const here = (): string | undefined => /^\/(?:m|machines)\/([a-z0-9-]+)/.exec(location.pathname)?.[1]

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const options = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(`/demo/${path}`, options)
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()) as T
}

function button(text: string, act: () => Promise<unknown>, name: string): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = text
  made.dataset.act = name
  made.addEventListener('click', () => {
    made.disabled = true
    act()
      .then(() => {
        say('')
        if (isBelow()) scrollTo(0, 0)
      })
      .catch(() => say(words().failed))
      .finally(() => (made.disabled = false))
  })
  return made
}

function say(text: string): void {
  said = text
  void look()
}

const operate = (act: unknown) => () => ask('operate', { machine: chosen, act })

async function book(): Promise<void> {
  const { link } = await ask<{ link: string }>('book', { machine: chosen })
  location.assign(link)
  // The page is the same and only its fragment differs: nothing would be loaded.
  if (location.pathname === new URL(link, location.href).pathname) location.reload()
}

async function lookAs(role: string): Promise<void> {
  const { key } = await ask<{ key: string }>('key', { role })
  // The gateway takes a new key over within a second.
  for (let tries = 0; tries < 20; tries++) {
    const answer = await fetch('/console/session', { method: 'POST', headers: { authorization: `Bearer ${key}` } })
    if (answer.ok) return location.reload()
    await new Promise((done) => setTimeout(done, 500))
  }
  throw new Error('the key was not taken')
}

/** Draws all but what is really so, which changes by itself. */
function draw(): void {
  const { title, machine, book: bookIt, stop, release, cut, start, away, call, look: as, show, ...rest } = words()
  const select = document.createElement('select')
  select.setAttribute('aria-label', machine)
  for (const { id, name } of machines) select.append(new Option(name[lang()] ?? id, id, false, id === chosen))
  select.addEventListener('change', () => {
    chosen = select.value
    void look()
  })
  const heading = document.createElement('strong')
  heading.textContent = title
  const really = document.createElement('output')
  const roles = (['technician', 'auditor', 'owner'] as const).map((role) =>
    button(rest[role], () => lookAs(role), role),
  )
  const asText = document.createElement('span')
  asText.textContent = as
  const group = (...parts: readonly HTMLElement[]) => {
    const made = document.createElement('div')
    made.append(...parts)
    return made
  }
  strip.setAttribute('aria-label', title)
  strip.replaceChildren(
    group(heading, select, button(bookIt, book, 'book')),
    group(
      button(start, operate({ pressStart: true }), 'start'),
      button(away, operate({ autoStart: false }), 'away'),
      button(call, operate({ autoStart: true }), 'call'),
      button(stop, operate({ emergencyStop: true }), 'stop'),
      button(release, operate({ emergencyStop: false }), 'release'),
      button(cut, () => ask('break', { machine: chosen, fault: { kind: 'cut', ms: 8_000 } }), 'cut'),
      really,
    ),
    group(asText, ...roles),
    wayDown(show),
  )
}

/** Seen on a phone only, and only while the strip is not. */
function wayDown(text: string): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = 'way-down'
  made.textContent = text
  made.addEventListener('click', () => strip.scrollIntoView())
  return made
}

async function look(): Promise<void> {
  const output = strip.querySelector('output')
  if (output === null || chosen === '') return
  const { really, may, not, made, pressed } = words()
  const judge = await ask<Judge>('judge', { machine: chosen }).catch((): Judge => ({}))
  const facts = [
    judge.emergencyStop === true ? pressed : judge.startPermission === true ? may : not,
    judge.producedUnits === undefined ? '' : `${made} ${judge.producedUnits}`,
    said,
  ]
  output.textContent = `${really} · ${facts.filter((fact) => fact !== '').join(' · ')}`
}

async function begin(): Promise<void> {
  machines = (await ask<{ machines: Machine[] }>('machines')).machines
  chosen = here() ?? machines[0]?.id ?? ''
  draw()
  document.body.append(strip)
  new IntersectionObserver(([seen]) => strip.toggleAttribute('data-seen', seen?.isIntersecting)).observe(strip)
  document.documentElement.classList.add('has-demo-strip')
  let shown = `${location.pathname} ${document.documentElement.lang}`
  setInterval(() => {
    const now = `${location.pathname} ${document.documentElement.lang}`
    if (now !== shown) {
      shown = now
      chosen = here() ?? chosen
      draw()
    }
    void look()
  }, everyMs)
  void look()
}

void begin()

export {}
