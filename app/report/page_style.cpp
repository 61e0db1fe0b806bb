#include "app/report/page_style.h"

#include <utility>

#include "app/widgets/theme.h"

namespace app::report {

namespace {

QString variables(const ThemeColors& c) {
  const std::pair<const char*, QColor> roles[] = {
      {"window", c.window},       {"surface", c.surface},    {"sunken", c.sunken},     {"border", c.border},
      {"strong", c.borderStrong}, {"text", c.text},          {"muted", c.textMuted},   {"faint", c.textFaint},
      {"accent", c.accent},       {"soft", c.accentSoft},    {"success", c.success},   {"error", c.error},
      {"errorsoft", c.errorSoft}, {"sign", c.sign},          {"exponent", c.exponent}, {"mantissa", c.mantissa},
      {"code", c.textMuted},      {"reference", c.reference}};
  QString css;
  for (const auto& [name, color] : roles) css += QStringLiteral("--%1:%2;").arg(QLatin1String(name), color.name());
  return css + (c.dark ? QStringLiteral("color-scheme:dark;") : QStringLiteral("color-scheme:light;"));
}

const char* kRules = R"(
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--window); color: var(--text); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main, .inner { max-width: 1176px; margin: 0 auto; padding: 0 24px; }
header { background: var(--surface); border-bottom: 1px solid var(--border); padding: 28px 0 24px; }
.brand { display: flex; align-items: center; gap: 10px; color: var(--muted); font-size: 13px; font-weight: 600; }
.brand svg { width: 26px; height: 26px; }
.brand span:last-child { margin-left: auto; font-weight: 400; color: var(--faint); }
h1 { font-size: 34px; line-height: 1.2; letter-spacing: -0.02em; margin: 18px 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 22px; line-height: 1.3; letter-spacing: -0.01em; margin: 48px 0 4px; }
h3 { font-size: 15px; margin: 0 0 10px; }
p { margin: 0 0 10px; max-width: 78ch; }
.sub { color: var(--muted); font-size: 16px; margin: 0; }
.lead { color: var(--muted); margin: 0 0 16px; } section > h2 + :not(.lead) { margin-top: 16px; }
.note, figcaption { color: var(--faint); font-size: 13px; }
.note { margin: 12px 0 0; }
nav { margin-top: 18px; display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin-top: 24px; }
.tile { background: var(--surface); border: 1px solid var(--border); border-radius: 8px; padding: 14px 16px; }
.tile b { display: block; font-size: 22px; line-height: 1.25; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
.tile .name { display: block; color: var(--muted); font-size: 13px; }
.tile .more { display: block; color: var(--faint); font-size: 12.5px; overflow-wrap: anywhere; }
.card { background: var(--surface); border: 1px solid var(--border); border-radius: 8px; padding: 16px 18px; margin: 0 0 16px; min-width: 0; }
.findings { margin: 16px 0 0; padding: 14px 18px 14px 36px; background: var(--soft); border-radius: 8px; } .findings li { margin: 3px 0; }
.grid { display: grid; gap: 0 16px; }
@media (min-width: 900px) { .two { grid-template-columns: 1fr 1fr; } }
figure { margin: 0; } figure img { display: block; width: 100%; height: auto; } figcaption { display: flex; gap: 14px; justify-content: space-between; margin-top: 8px; }
figcaption a { white-space: nowrap; }
dl { display: grid; grid-template-columns: minmax(96px, 144px) 1fr; gap: 5px 18px; margin: 0; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
code, pre, .bits { font-family: ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.9em; }
pre { background: var(--sunken); border: 1px solid var(--border); border-radius: 6px; padding: 12px 14px; margin: 0; overflow-x: auto; line-height: 1.6; font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 7px 14px 7px 0; border-bottom: 1px solid var(--border); vertical-align: middle; white-space: nowrap; }
thead th { color: var(--muted); font-weight: 600; font-size: 13px; vertical-align: bottom; }
tbody th { font-weight: 600; } tbody tr:last-child > * { border-bottom: 0; }
.n { text-align: right; } th:last-child, td:last-child { padding-right: 0; }
.bar { display: inline-block; width: 110px; height: 8px; border-radius: 4px; background: var(--sunken); margin-left: 10px; vertical-align: 1px; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); border-radius: 4px; }
details { margin-top: 0; } summary { cursor: pointer; color: var(--accent); } details .scroll { margin-top: 12px; max-height: 560px; overflow: auto; }
.bits { white-space: nowrap; letter-spacing: 0.04em; font-size: 13px; }
.bits span + span { margin-left: 5px; }
.S { color: var(--sign); border-bottom: 2px solid var(--sign); } .E { color: var(--exponent); border-bottom: 3px double var(--exponent); }
.M { color: var(--mantissa); border-bottom: 2px dotted var(--mantissa); } .I, .Q { color: var(--muted); border-bottom: 2px dashed var(--muted); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; font-size: 13px; color: var(--muted); margin: 0 0 14px; }
.weight { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; margin-bottom: 8px; } .weight h3 { margin: 0; } .weight span { color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.answers { display: grid; gap: 12px; } @media (min-width: 720px) { .answers { grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); } }
.prompt { display: inline-block; background: var(--soft); border-radius: 12px 12px 12px 3px; padding: 7px 14px; margin: 0 0 12px; font-weight: 600; }
.answer { border: 1px solid var(--border); border-top: 3px solid var(--strong); border-radius: 6px; padding: 10px 12px; display: flex; flex-direction: column; min-width: 0; }
.answer.first { border-top-color: var(--reference); } .answer .who { font-size: 13px; font-weight: 600; color: var(--muted); margin-bottom: 4px; }
.answer .said { white-space: pre-wrap; overflow-wrap: anywhere; flex: 1; margin: 0; } .answer .how { font-size: 12.5px; color: var(--faint); margin: 8px 0 0; display: flex; flex-wrap: wrap; gap: 0 14px; } .how span { white-space: nowrap; }
.said mark { background: var(--errorsoft); color: inherit; text-decoration: underline wavy var(--error) 1px; text-underline-offset: 3px; border-radius: 2px; }
.said mark.first { outline: 1px solid var(--error); }
.drawing svg { display: block; min-width: 720px; width: 100%; height: auto; } .drawing svg text { fill: var(--text); font-size: 12px; }
.drawing .mark { fill: var(--accent); } .drawing .bad { fill: var(--error); } .drawing .other { stroke: var(--error); stroke-width: 1.5; }
.drawing .frame { fill: none; stroke: var(--strong); } .drawing .axis { stroke: var(--text); stroke-width: 1; } figure + figure, figure + .scroll, figure + p { margin-top: 20px; }
.drawing .row { display: flex; flex-wrap: wrap; gap: 20px; } .drawing .row svg { min-width: 0; } .drawing .row figcaption { display: block; }
.drawing .row figure { margin: 0; } .wrapped th, .wrapped td { white-space: normal; overflow-wrap: anywhere; min-width: 130px; vertical-align: top; }
.same { color: var(--success); } .differs { color: var(--error); }
footer { color: var(--faint); font-size: 13px; padding: 32px 0 40px; }
@media print { body { background: #fff; } .card, .tile { break-inside: avoid; } nav { display: none; } }
)";

}  // namespace

QString pageStyle() {
  return QStringLiteral(":root{%1}\n@media (prefers-color-scheme: dark){:root{%2}}\n")
             .arg(variables(Theme::light()), variables(Theme::dark())) +
         QString::fromUtf8(kRules);
}

}  // namespace app::report
