#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""devtools/perf-report's page in a headless browser: each plot is drawn, and the browser asks nothing of any network.

    browser.py make SOURCE FOLDER     makes the pages, with matplotlib
    browser.py show FOLDER            looks at them, with the browser

A script at the end of the page writes down where the browser has drawn what; the browser's own record of requests says what it asked for.
"""
import html
import json
import pathlib
import re
import subprocess
import sys

import perf_report

BROWSER = 'chromium-headless-shell'
ELSEWHERE = 'http://127.0.0.1:9/nothing.png'
SCRIPT = '''<script>
const drawn = element => { const box = element.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
const seen = [...document.querySelectorAll('figure')].map(figure => ({
	plot: [figure.dataset.suite, figure.dataset.unit, figure.dataset.curves],
	drawn: drawn(figure.querySelector('svg')),
	shapes: [...figure.querySelectorAll('[id*="-bar-"], [id*="-curve-"]')].filter(drawn).length,
	words: [...figure.querySelectorAll('text')].filter(drawn).length,
}));
const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
document.body.innerHTML = '<pre id="seen"></pre>';
document.getElementById('seen').textContent = JSON.stringify({ seen, loaded });
</script>'''


def make(source, folder):
    folder.mkdir()
    files = folder / 'one.json', folder / 'two.json'
    for factor, file in enumerate(files, 1):
        perf_report.write(file, factor)
    made = perf_report.report(source, *files)
    assert made.returncode == 0, made.stderr
    (folder / 'page.html').write_text(made.stdout.replace('</body>', SCRIPT + '</body>'), encoding='utf-8')
    # Would the record have what a page asks for? One that refers to something on a network, where nobody answers.
    (folder / 'control.html').write_text(made.stdout.replace('</body>', f'<img src="{ELSEWHERE}">{SCRIPT}</body>'), encoding='utf-8')


def look_at(page):
    """What the script has written, and the addresses that the browser has asked a network for: files are not in its record."""
    profile, log = pathlib.Path(f'/tmp/{page.stem}'), pathlib.Path(f'/tmp/{page.stem}.json')
    done = subprocess.run([BROWSER, '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
                           f'--user-data-dir={profile}', f'--log-net-log={log}', '--dump-dom', page.as_uri()],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.S)
    assert found, f'{BROWSER}: exit status {done.returncode}: {done.stderr[-2000:]}'
    asked = re.findall(r'"url":"([^"]+)"', log.read_text(encoding='utf-8'))
    return json.loads(html.unescape(found[1])), asked


def show(folder):
    result, asked = look_at(folder / 'page.html')
    wanted = perf_report.wanted_plots()
    drawn = {tuple(plot['plot']): plot for plot in result['seen']}
    assert set(drawn) == set(wanted), set(drawn) ^ set(wanted)
    for plot, count in wanted.items():
        assert drawn[plot]['drawn'] and drawn[plot]['shapes'] == 2 * count and drawn[plot]['words'] > count, drawn[plot]
    assert not result['loaded'] and not asked, (result['loaded'], asked)
    _, asked = look_at(folder / 'control.html')
    assert ELSEWHERE in asked, f'the record of requests does not have {ELSEWHERE}: {asked}'
    print(f'{len(wanted)} plots are drawn, nothing is asked of a network')


if __name__ == '__main__':
    if sys.argv[1] == 'make':
        make(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    else:
        show(pathlib.Path(sys.argv[2]))
