#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""devtools/perf-report: each plot is on the page with its figures, and the page refers to nothing outside of itself.

    perf_report.py SOURCE
"""

import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile

FIGURES = [
    ('map, one file: stock', 'ms', 'lower', 31.0),
    ('map, one file: ours', 'ms', 'lower', 3.7),
    ('map, one file: stock / ours', 'times', 'higher', 8.4),
    ('account, 4 devices: ours: VmPin + VmLck / memory', 'times', 'lower', 1.0),
    ('parallel, one space: ours, file: 1 thread / 2 threads', 'times', 'higher', 1.8),
    ('forward: ours', 'packets/s', 'higher', 120000.0),
    ('fault: by page: a request', 'us', 'lower', 140.0),
    ('later: <a figure> & more', 'ns', 'lower', 5.0),
]
CURVES = [('map, one file: stock', 1.0), ('map, one file: ours', 0.3), ('unmap, one file: stock', 2.0)]
SIZES = (2, 8, 32)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.plots, self.outside, self.ids, self.words = {}, [], [], []
        self.plot = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == 'figure':
            self.plot = (attributes['data-suite'], attributes['data-unit'], attributes['data-curves'])
            self.plots[self.plot] = {'svg': 0, 'bars': 0, 'curves': 0, 'words': []}
        elif self.plot:
            self.plots[self.plot]['svg'] += tag == 'svg'
            self.plots[self.plot]['bars'] += '-bar-' in attributes.get('id', '')
            self.plots[self.plot]['curves'] += '-curve-' in attributes.get('id', '')
        if tag in ('script', 'link', 'img', 'iframe', 'object', 'embed'):
            self.outside.append(tag)
        for name, value in attrs:
            if name == 'id':
                self.ids.append(value)
            elif name.split(':')[0] != 'xmlns' and value and ('//' in value or (name.endswith(('href', 'src')) and value[0] != '#')):
                self.outside.append(f'{tag} {name}={value}')

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        if tag == 'figure':
            self.plot = None

    def handle_data(self, data):
        self.words.append(data)
        if self.plot:
            self.plots[self.plot]['words'].append(data)


def write(path, factor, **facts):
    figures = [{'name': name, 'unit': unit, 'better': better, 'comparable': True, 'median': value * factor, 'lowest': value * factor * 0.9,
                'highest': value * factor * 1.1, 'samples': [value * factor]} for name, unit, better, value in FIGURES]
    for curve, value in CURVES:
        for x in SIZES:
            figures.append({'name': f'sizes, {curve}, {x} MiB', 'unit': 'ms', 'better': 'lower', 'comparable': False, 'median': value * x * factor,
                            'lowest': value * x * factor * 0.9, 'highest': value * x * factor * 1.1, 'samples': [value * x * factor],
                            'point': {'curve': curve, 'x': x, 'unit': 'MiB'}})
    path.write_text(json.dumps({'program': 'dpdk-iommufd-perf', 'kernel': '7.3.0', 'processors': 2, 'figures': figures, 'facts': facts}), encoding='utf-8')


def wanted_plots():
    """How many bars or curves of one file each plot has."""
    plots = {}
    for figure, unit, _, _ in FIGURES:
        plot = figure.split(',')[0].split(':')[0], unit, ''
        plots[plot] = plots.get(plot, 0) + 1
    for curve, _ in CURVES:
        plot = 'sizes', 'ms', curve.split(':')[0]
        plots[plot] = plots.get(plot, 0) + 1
    return plots


def report(source, *paths):
    return subprocess.run([sys.executable, source / 'devtools' / 'perf-report', *paths], capture_output=True, text=True, check=False)


def main(source):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        one, two, wrong = folder / 'one.json', folder / 'two.json', folder / 'wrong.json'
        write(one, 1, commit='abcdef0', qemu='11.1', machine='a <machine>')
        write(two, 2)
        wrong.write_text('{"program": "another"}', encoding='utf-8')
        made = report(source, one, two)
        assert made.returncode == 0, made.stderr
        page = Page()
        page.feed(made.stdout)
        wanted = wanted_plots()
        assert set(page.plots) == set(wanted), (set(page.plots) ^ set(wanted))
        for plot, seen in page.plots.items():
            assert seen['svg'] == 1 and seen['curves' if plot[2] else 'bars'] == 2 * wanted[plot], (plot, seen)
        for figure, unit, _, _ in FIGURES:
            suite = figure.split(',')[0].split(':')[0]
            label = figure[len(suite):].lstrip(',: ')
            assert label in [word.strip() for word in page.plots[suite, unit, '']['words']], f'no bar is called {label}'
        for curve, _ in CURVES:
            group, label = curve.split(': ')
            assert any(word.strip().startswith(label) for word in page.plots['sizes', 'ms', group]['words']), f'no curve is called {label}'
        assert not page.outside, page.outside
        assert len(page.ids) == len(set(page.ids)), 'an id is there twice'
        assert {'abcdef0', '11.1', '7.3.0', 'a <machine>', 'not recorded'} <= set(page.words)
        assert report(source, one, two).stdout == made.stdout, 'the same files give another page'
        assert report(source, wrong).returncode != 0
        assert report(source).returncode != 0


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
