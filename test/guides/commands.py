#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Each command that a guide names has a line in commands.txt, which says what runs it.

    commands.py SOURCE                each command of the guides is in the list, the list has no others, and what it names exists
    commands.py SOURCE guest          the commands of the list that test/vm/guide-commands.sh runs, one a line
    commands.py SOURCE lab-commands   those that test/guides/lab-commands runs

A line of the list is `WHO: COMMAND`, WHO one of

    guest               test/vm/guide-commands.sh runs it as it stands
    vm NAME, mock NAME, unit NAME
                        this test runs it, with paths and names of its own: its script has one of the programs that the command starts
    ci                  CI runs it, by .ci/run or by `devtools/lab test`
    planted-slowdown    test/lab/planted-slowdown is it
    lab-commands        test/guides/lab-commands runs it as it stands, when somebody starts that
    not run (REASON)    nothing does

A command is a line of a block of code without a language (or with `sh`), or a code span in a sentence, that begins with the name of a
program (PROGRAMS). The README's blocks say by themselves what runs them (test/readme/blocks.py). A fragment of C is
included from an example, which is compiled, and not written into a guide.
"""
import pathlib
import re
import sys

GUIDES = ['doc/guides/*.md', 'doc/guides/nics/svanic/*.md', 'doc/containers.md', 'doc/security.md', 'doc/limits.md', 'doc/sva.md']
PROGRAMS = ('devtools/', 'dpdk-', 'examples/', 'test/lab/', 'meson ', 'ninja ', 'modprobe ', 'grep ', 'ls ', 'cat ', 'cc ', 'echo ', 'systemctl ',
            'systemd-', 'udevadm ', 'adduser ', 'driverctl ', 'docker ', 'podman ', 'lspci ', 'ulimit ', 'mount ', 'fuser ', 'apt ')
ENTRY = re.compile(r'(guest|ci|planted-slowdown|lab-commands|(?:vm|mock|unit) [\w.-]+|not run \([^)]+\)): (.+)$')


def read(path):
    return path.read_text(encoding='utf-8')


def blocks_and_rest(text):
    """The lines of blocks of code that may be commands, and the text without any block."""
    lines, rest, language = [], [], None
    for line in text.splitlines():
        if line.startswith('```'):
            language = line[3:].strip() if language is None else None
        elif language is None:
            rest.append(line)
        elif language in ('', 'sh'):
            lines.append(line)
    return re.sub(r'\s*\\\n\s*', ' ', '\n'.join(lines)).splitlines(), '\n'.join(rest)


def commands_of(text):
    lines, rest = blocks_and_rest(text)
    spans = [re.sub(r'\s+', ' ', span) for span in re.findall(r'(?<!`)`([^`]+)`(?!`)', rest)]
    # A program's name alone is no command, and what has dots or a manual's section is talk of one.
    return [command for command in lines + spans
            if command.startswith(PROGRAMS) and ' ' in command.strip() and not command.endswith(('...', '…'))]


def guides(source):
    return sorted(path for pattern in GUIDES for path in source.glob(pattern) if path.name != 'readme.md')


def entries(source):
    for number, line in enumerate(read(source / 'test/guides/commands.txt').splitlines(), 1):
        if line and not line.startswith('#'):
            entry = ENTRY.match(line)
            if not entry:
                sys.exit(f'commands.txt:{number}: not as commands.py describes it: {line}')
            yield entry[1], entry[2]


def script_of(source, who):
    kind, _, name = who.partition(' ')
    if kind == 'unit':
        return next((path for path in source.glob(f'test/*/test-{name}')), None)
    path = source / f'test/{kind}/{name}.sh'
    return path if path.exists() else None


def problem_of(source, who, command):
    if not who.startswith(('vm ', 'mock ', 'unit ')):
        return None
    script = script_of(source, who)
    if script is None:
        return f'no such test: {who}'
    programs = [word.rsplit('/', 1)[-1] for word in re.findall(r'(?:^| -- |\$\()([\w./-]+)', command)]
    text = read(script)
    text += ''.join(read(script.parent / name) for name in re.findall(r'^\. .*?/?([\w-]+\.sh)"?$', text, re.M) if (script.parent / name).exists())
    return None if any(program in text for program in programs) else f'{who} runs none of {programs}'


def main():
    source = pathlib.Path(sys.argv[1])
    listed = list(entries(source))
    if len(sys.argv) > 2:
        print(*(command for who, command in listed if who == sys.argv[2]), sep='\n')
        return 0
    wrong = []
    known = {command for _, command in listed}
    found = {command: path.name for path in guides(source) for command in commands_of(read(path))}
    wrong += [f'{name}: not in commands.txt: {command}' for command, name in found.items() if command not in known]
    wrong += [f'{path.name}: C that nothing compiles: include it from an example (literalinclude)'
              for path in guides(source) if re.search(r'^```c$', read(path), re.M)]
    wrong += [f'commands.txt: no guide has this: {command}' for command in known - set(found)]
    wrong += [f'commands.txt: {problem}: {command}' for who, command in listed if (problem := problem_of(source, who, command))]
    print(*wrong, f'{len(found)} commands, {sum(who.startswith("not run") for who, _ in listed)} of them are not run', sep='\n')
    return 1 if wrong or not found else 0


if __name__ == '__main__':
    sys.exit(main())
