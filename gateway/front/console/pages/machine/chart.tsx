/** A line over time. uPlot draws it, and is loaded only where a chart is shown. */
import { useEffect, useRef } from 'preact/hooks'
import 'uplot/dist/uPlot.min.css'
import type uPlot from 'uplot'
import type { Span, Trend } from '../../model/trend.ts'
import { Empty } from '../../parts/parts.tsx'
import { useDesk, useViewer, useWords } from '../../shell/context.ts'
import { useStore } from '../../shell/store.ts'

const HEIGHT = 220

type ChartProps = {
  readonly trend: Trend
  readonly span: Span
  readonly unit: string
  readonly label: string
}

export function Chart({ trend, span, unit, label }: ChartProps) {
  const { t, tag } = useWords()
  const zone = useViewer()?.timezone ?? 'UTC'
  const theme = useStore(useDesk().theme, (value) => value)
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const few = trend.at.length < 2
  useEffect(() => {
    const box = place.current
    if (box === null || few) return
    let over = false
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height: HEIGHT }))
    void import('uplot').then(({ default: UPlot }) => {
      if (over) return
      plot.current = new UPlot(optionsFor(box, { unit, tag, span }, UPlot, zone), dataOf(trend), box)
      resize.observe(box)
    })
    return () => {
      over = true
      resize.disconnect()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [few, label, span, unit, tag, zone, theme])
  useEffect(() => plot.current?.setData(dataOf(trend)), [trend])
  if (few) return <Empty>{t('machine.trend.wait')}</Empty>
  return <div class="chart" ref={place} role="img" aria-label={`${label} ${unit}`} />
}

const dataOf = ({ at, values }: Trend) => [at, values] as unknown as uPlot.AlignedData

/** What the axis of time says, by how much of it is shown. */
const clocks: Readonly<Record<Span, Intl.DateTimeFormatOptions>> = {
  minutes: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  hour: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  week: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
}

/** Between two times that are named, s: none is named twice. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400]

type Said = { readonly unit: string; readonly tag: string; readonly span: Span }

function optionsFor(box: HTMLElement, { unit, tag, span }: Said, plots: typeof uPlot, zone: string): uPlot.Options {
  const tzDate = (date: Date) => plots.tzDate(date, zone)
  const style = getComputedStyle(box)
  const ink = style.getPropertyValue('--ink').trim()
  const line = style.getPropertyValue('--line').trim()
  const muted = style.getPropertyValue('--muted').trim()
  const font = '12px system-ui, sans-serif'
  const axis = { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }
  const number = new Intl.NumberFormat(tag, { maximumSignificantDigits: 4 })
  const clock = new Intl.DateTimeFormat(tag, clocks[span])
  return {
    ...{ width: box.clientWidth, height: HEIGHT, legend: { show: false }, cursor: { y: false } },
    tzDate: (ts) => tzDate(new Date(ts * 1_000)),
    scales: { y: { range: (_plot, low, high) => rangeOf(plots, low, high) } },
    series: [{}, { stroke: ink, width: 1.5, spanGaps: false, points: { show: false } }],
    axes: [
      {
        ...axis,
        values: (_plot, splits) => splits.map((split) => clock.format(tzDate(new Date(split * 1_000)))),
        space: span === 'week' ? 120 : 90,
        incrs: STEPS_S,
      },
      { ...axis, size: 64, values: (_plot, splits) => splits.map((split) => `${number.format(split)} ${unit}`) },
    ],
  }
}

/** What stays at nothing would get a scale of nothing; what was never read has none. */
function rangeOf(plots: typeof uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [null, null]
  return low === 0 && high === 0 ? [0, 1] : plots.rangeNum(low, high, 0.1, true)
}
