/** The frame of every page: where one is, who looks, the language, and whether what is shown is live. */
import type { ComponentChildren } from 'preact'
import { nowOf } from '../model/live.ts'
import type { Route } from '../model/route.ts'
import { Empty } from '../parts/parts.tsx'
import { type Theme, useDesk, useViewer, useWords } from '../shell/context.ts'
import { useStore } from '../shell/store.ts'
import type { Word } from '../words/words.ts'
import { Bench } from './bench.tsx'
import { Books } from './books.tsx'
import { Floor } from './floor.tsx'
import { MachinePage } from './machine.tsx'
import { SignInPage } from './sign-in.tsx'
import { TenantPage } from './tenant.tsx'

export function Page() {
  const desk = useDesk()
  const route = useStore(desk.route, (value) => value)
  const connection = useStore(desk.live, (live) => live.connection)
  const wall = route.page === 'floor' && new URLSearchParams(location.search).has('wall')
  const { t } = useWords()
  return (
    <div class="page" data-page={route.page} data-connection={connection} data-wall={wall ? '' : undefined}>
      <a class="skip" href="#content">
        {t('nav.skip')}
      </a>
      <Header route={route} />
      <Lost />
      <main id="content" tabIndex={-1}>
        <Content route={route} />
      </main>
    </div>
  )
}

function Content({ route }: { readonly route: Route }): ComponentChildren {
  switch (route.page) {
    case 'floor':
      return <Floor />
    case 'machine':
      return <MachinePage key={route.id} id={route.id} />
    case 'tenant':
      return <TenantPage key={route.id} id={route.id} />
    case 'books':
      return <Books />
    case 'bench':
      return <Bench />
    case 'sign-in':
      return <SignInPage />
    case 'nowhere':
      return <Nowhere />
  }
}

const places = [
  ['/', 'floor', 'nav.floor'],
  ['/bench', 'bench', 'nav.bench'],
  ['/books', 'books', 'nav.books'],
] as const satisfies readonly (readonly [string, Route['page'], Word])[]

function Header({ route }: { readonly route: Route }) {
  const { t } = useWords()
  const viewer = useViewer()
  return (
    <header class="top">
      <a class="brand" href="/">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <circle cx="11.5" cy="16" r="5" />
          <path d="M16.5 16h10v5.5" />
        </svg>
        <span>{viewer?.site ?? t('app.name')}</span>
      </a>
      <nav aria-label={t('nav.main')}>
        {places.map(([path, page, word]) => (
          <a key={path} href={path} aria-current={route.page === page ? 'page' : undefined}>
            {t(word)}
          </a>
        ))}
      </nav>
      <Connection />
      <Who />
      <LanguageAndTheme />
    </header>
  )
}

function Connection() {
  const { t } = useWords()
  const connection = useStore(useDesk().live, (live) => live.connection)
  return (
    <p class="connection" data-connection={connection} role="status">
      <span class="dot" aria-hidden="true" />
      {t(`live.${connection}`)}
    </p>
  )
}

/** Says aloud that nothing is live any more, and since when. */
function Lost() {
  const { t, seconds } = useWords()
  const desk = useDesk()
  const since = useStore(desk.live, (live) => (live.connection === 'lost' ? live.heardAtMs : undefined))
  if (since === undefined || since === 0) return null
  return (
    <p class="lost" role="alert">
      {t('live.lost.note', { time: seconds(nowOf(desk.live.get(), since)) })}
    </p>
  )
}

function Who() {
  const { t } = useWords()
  const desk = useDesk()
  const viewer = useViewer()
  if (viewer?.role === undefined)
    return (
      <a class="who" href="/sign-in">
        {t('sign.title')}
      </a>
    )
  return (
    <p class="who">
      <span class="name">
        {t(`sign.as.${viewer.role}`)} <strong>{viewer.id}</strong>
      </span>
      <button type="button" class="quiet" onClick={() => void desk.signOut()}>
        {t('sign.out')}
      </button>
    </p>
  )
}

const themes: readonly Theme[] = ['auto', 'light', 'dark']
const marks: Readonly<Record<Theme, string>> = { auto: '◐', light: '○', dark: '●' }

function LanguageAndTheme() {
  const { t, lang } = useWords()
  const desk = useDesk()
  const theme = useStore(desk.theme, (value) => value)
  const next = themes[(themes.indexOf(theme) + 1) % themes.length]!
  const other = lang === 'en' ? 'zh' : 'en'
  return (
    <p class="settings">
      <button type="button" class="quiet mark" title={t(`theme.${theme}`)} onClick={() => desk.theme.set(next)}>
        <span aria-hidden="true">{marks[theme]}</span>
        <span class="hidden">{t(`theme.${theme}`)}</span>
      </button>
      <button
        type="button"
        class="quiet"
        lang={other === 'zh' ? 'zh-Hans' : 'en'}
        aria-label={t('lang.switch')}
        onClick={() => desk.speak(other)}
      >
        {t('lang.other')}
      </button>
    </p>
  )
}

function Nowhere() {
  const { t } = useWords()
  return (
    <div class="narrow">
      <h1>{t('page.nowhere')}</h1>
      <Empty>{t('page.nowhere.note')}</Empty>
      <a href="/">{t('page.toFloor')}</a>
    </div>
  )
}
