import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Severity } from '../../engine/finding/finding.ts';
import { type Bar, severitiesIn } from './report-figures.ts';

use([BarChart, GridComponent, LegendComponent, SVGRenderer]);

/** Colours told apart on white and on near-black, also by most colour-blind readers: they differ in lightness. */
export const SEVERITY_COLOURS: { readonly [S in Severity]: string } = {
  critical: '#b5179e',
  high: '#e5383b',
  medium: '#f48c06',
  low: '#3a86ff',
  informational: '#8d99ae',
};
const TEXT = '#7d8590';
const LINE = '#7d859055';

const draw = (option: object, width: number, height: number): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: { fontFamily: 'system-ui, sans-serif' }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};

const seriesOf = (bars: readonly Bar[]): readonly object[] =>
  severitiesIn(bars).map((severity) => ({
    name: severity,
    type: 'bar',
    stack: 'findings',
    barMaxWidth: 22,
    itemStyle: { color: SEVERITY_COLOURS[severity] },
    data: bars.map(({ counts }) => counts.get(severity) ?? 0),
  }));

const axisText = { color: TEXT, fontSize: 12 } as const;
const values = {
  type: 'value',
  minInterval: 1,
  axisLabel: axisText,
  splitLine: { lineStyle: { color: LINE } },
} as const;
const names = { type: 'category', axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false } } as const;

/** Findings over time, stacked by severity, as SVG text. */
export const timelineChart = (bars: readonly Bar[]): string =>
  draw(
    {
      legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, itemGap: 22, textStyle: axisText },
      grid: { left: 48, right: 16, top: 36, bottom: 32 },
      xAxis: { ...names, data: bars.map(({ name }) => name), axisLabel: { ...axisText, hideOverlap: true } },
      yAxis: values,
      series: seriesOf(bars),
    },
    1080,
    260,
  );

/** Horizontal bars, the longest on top, stacked by severity, as SVG text. */
export const barsChart = (bars: readonly Bar[]): string => {
  const upward = bars.toReversed();
  return draw(
    {
      // Text is wider in browsers than measured here: labels get less room than there is.
      grid: { left: 236, right: 24, top: 8, bottom: 28 },
      xAxis: values,
      yAxis: {
        ...names,
        data: upward.map(({ name }) => name),
        axisLabel: { ...axisText, width: 165, overflow: 'truncate' },
      },
      series: seriesOf(upward),
    },
    528,
    Math.max(110, 44 + bars.length * 26),
  );
};
