#include "apps/report/style.h"

namespace apps {

// Colours: Okabe and Ito's, in the dark lighter ones of the same hues.
const std::string_view page_style = R"css(
:root {
    color-scheme: light dark;
    --page: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d8dee4; --panel: #f6f8fa;
    --heat: 0 60 120; --on-heat: #ffffff; --off-heat: #000000; --warn: #9a6700; --warn-page: #fff8e5;
    --c0: #0072b2; --c1: #d55e00; --c2: #7a8694; --c3: #009e73; --c4: #b8559a; --c5: #b58900;
}
@media (prefers-color-scheme: dark) {
    :root {
        --page: #14171c; --text: #e6e8eb; --soft: #9aa4af; --line: #333a43; --panel: #1c2127;
        --heat: 112 172 231; --on-heat: #000000; --off-heat: #ffffff; --warn: #e3b341; --warn-page: #2a2413;
        --c0: #56b4e9; --c1: #ff8f4d; --c2: #8b96a3; --c3: #2ec9a0; --c4: #e59bd0; --c5: #e8c547;
    }
}
* { box-sizing: border-box; }
body {
    margin: 0; background: var(--page); color: var(--text);
    font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
main { max-width: 1040px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 0 0 4px; }
header p { margin: 4px 0 0; color: var(--soft); overflow-wrap: anywhere; }
section { margin-top: 40px; min-width: 0; }
footer { margin-top: 48px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
.note { margin: 0 0 12px; color: var(--soft); font-size: 13px; max-width: 80ch; }
.missing {
    margin: 20px 0 0; padding: 10px 14px 10px 30px; list-style: square; border-left: 3px solid var(--warn);
    background: var(--warn-page); overflow-wrap: anywhere;
}

.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 10px; margin: 24px 0 0; }
.tiles div { background: var(--panel); border-radius: 6px; padding: 10px 12px; }
.tiles dt { font-size: 13px; color: var(--soft); }
.tiles dd { margin: 0; font-size: 22px; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tiles dd.note { font-size: 12px; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 24px; }
.chart { position: relative; margin: 0; min-width: 0; }
.chart figcaption { font-weight: 600; }
.plot { display: block; width: 100%; height: auto; touch-action: pan-y; }
.plot text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); }
.axis { stroke: var(--soft); }
.rule { stroke: var(--soft); stroke-dasharray: 2 3; visibility: hidden; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); }
.c3 { --c: var(--c3); } .c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
polyline { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
polyline.dashed { stroke-dasharray: 6 4; }
polyline.faint { stroke-width: 1; opacity: .55; }
circle { fill: var(--c); stroke: transparent; stroke-width: 12; pointer-events: all; }
circle.on { r: 4.5px; stroke: var(--page); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 2px 0 6px; padding: 0; list-style: none; font-size: 13px; }
.legend li { overflow-wrap: anywhere; }
.legend svg { margin-right: 6px; vertical-align: middle; }
.tip {
    position: absolute; z-index: 1; pointer-events: none; padding: 6px 9px; border-radius: 5px; font-size: 13px;
    line-height: 1.45; white-space: nowrap; font-variant-numeric: tabular-nums;
    background: var(--page); border: 1px solid var(--line); box-shadow: 0 2px 8px rgb(0 0 0 / .18);
}
.tip b { display: block; }
.tip div { display: flex; justify-content: space-between; gap: 14px; }
i[class], .tip i { display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; background: var(--c); }

.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 4px 10px 4px 0; text-align: left; border-bottom: 1px solid var(--line); }
th { font-weight: 400; }
thead th { color: var(--soft); font-size: 13px; vertical-align: bottom; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.setting { overflow-wrap: anywhere; min-width: 8em; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 0 40px; }
.classes { width: 100%; }
.classes .bar { width: 40%; }
.bar span { display: block; height: 10px; min-width: 1px; border-radius: 2px; background: var(--c0); }

.matrix { font-variant-numeric: tabular-nums; font-size: 12px; line-height: 1.2; }
.matrix th, .matrix td { padding: 0; border: 1px solid var(--page); }
.matrix tbody th, .matrix tfoot th { padding-right: 6px; text-align: right; white-space: nowrap; }
.matrix thead th { text-align: center; font-size: 12px; padding-bottom: 3px; }
.matrix caption { font-size: 13px; text-align: left; padding: 0 0 2px 2px; color: var(--text); }
.matrix tfoot th, .matrix tfoot td { color: var(--soft); text-align: center; padding-top: 3px; }
.matrix tfoot th { text-align: right; }
.heat { text-align: center; height: 28px; color: var(--off-heat); background: rgb(var(--heat) / var(--v)); }
.heat.strong { color: var(--on-heat); }
.confusion { width: 100%; max-width: 500px; table-layout: fixed; }
.confusion th:first-child { width: 72px; }
.upright { writing-mode: vertical-rl; transform: rotate(180deg); }
.tables { display: flex; flex-wrap: wrap; gap: 20px 28px; }
.tables .heat { width: 38px; height: 22px; }

.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(100px, 1fr)); gap: 14px 10px; }
.mistakes figure { margin: 0; font-size: 13px; line-height: 1.35; }
.mistakes img { display: block; width: 96px; height: 96px; border-radius: 3px; margin-bottom: 3px; }
.mistakes figcaption { font-variant-numeric: tabular-nums; }
.mistakes b { font-weight: 600; }
.mistakes small { color: var(--soft); font-size: 12px; }
.filters { display: flex; flex-wrap: wrap; gap: 20px 32px; }
.filters figure { margin: 0; }
.filters img { display: block; width: 279px; max-width: 100%; }
.filters figcaption { margin-top: 4px; font-size: 13px; color: var(--soft); }
img { image-rendering: pixelated; }

.stack { display: flex; height: 22px; max-width: 640px; border-radius: 4px; overflow: hidden; margin-bottom: 10px; }
.stack span { background: var(--c); border-right: 1px solid var(--page); }
.times th, .times td { padding-right: 24px; }
.settings { columns: 300px; column-gap: 40px; margin: 0; font-size: 14px; }
.settings div { display: flex; justify-content: space-between; gap: 16px; break-inside: avoid; border-bottom: 1px solid var(--line); padding: 3px 0; }
.settings dt { color: var(--soft); white-space: nowrap; }
.settings dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; margin-bottom: 8px; }
@media (max-width: 480px) {
    main { padding: 16px 12px 32px; }
    .tiles { grid-template-columns: repeat(2, 1fr); }
    .plot text { font-size: 14px; }
    .confusion { font-size: 10.5px; }
    .confusion th:first-child { width: 62px; }
    .classes .bar { width: 28%; }
}
)css";

// Without it, markers still say what they stand for: by their titles.
const std::string_view page_script = R"js(
'use strict';
for (const figure of document.querySelectorAll('figure.chart')) {
    const plot = figure.querySelector('svg.plot'), rule = figure.querySelector('.rule'), tip = figure.querySelector('.tip');
    const markers = [...figure.querySelectorAll('circle')].map(circle => {
        const title = circle.querySelector('title'), [at, value] = title.textContent.split('\n');
        title.remove();  // else the browser would show it over ours
        return {circle, at, value, x: circle.cx.baseVal.value};
    });
    if (markers.length === 0) continue;

    const clear = () => {
        tip.hidden = true;
        rule.style.visibility = '';
        for (const marker of markers) marker.circle.classList.remove('on');
    };
    const line = marker => {
        const row = document.createElement('div'), name = document.createElement('span'), colour = document.createElement('i');
        const figure_at = marker.value.lastIndexOf(' ');
        colour.className = marker.circle.classList[0];
        name.append(colour, marker.value.slice(0, figure_at));
        row.append(name, marker.value.slice(figure_at + 1));
        return row;
    };
    const show = event => {
        const box = plot.getBoundingClientRect(), scale = plot.viewBox.baseVal.width / box.width;
        const pointer = (event.clientX - box.left) * scale;
        const nearest = markers.reduce((a, b) => Math.abs(a.x - pointer) > Math.abs(b.x - pointer) ? b : a);
        const shown = markers.filter(marker => marker.x === nearest.x);
        clear();
        for (const marker of shown) marker.circle.classList.add('on');
        const head = document.createElement('b');
        head.textContent = nearest.at;
        tip.replaceChildren(head, ...shown.map(line));
        tip.hidden = false;
        rule.setAttribute('x1', nearest.x);
        rule.setAttribute('x2', nearest.x);
        rule.style.visibility = 'visible';
        const x = nearest.x / scale, beside = x > box.width / 2 ? x - tip.offsetWidth - 12 : x + 12;
        tip.style.left = Math.max(0, Math.min(beside, box.width - tip.offsetWidth)) + 'px';
        tip.style.top = plot.offsetTop + 30 + 'px';
    };
    plot.addEventListener('pointermove', show);
    plot.addEventListener('pointerdown', show);
    plot.addEventListener('pointerleave', clear);
}
)js";

}  // namespace apps
