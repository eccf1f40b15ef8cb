"""advise_known.py: known.json, of known.cc, has one of each thing, with name, reason and line."""
import json
report = json.load(open('known.json'))[0]
lines = {}
for n, text in enumerate(open('known.cc'), 1):
    if '//' in text:
        lines[text.split('//')[1].strip()] = n
items = report['items'] + report['writable']
def verdict(name, good, why=''):
    print('ok' if good else 'FAIL', name, why, sep='\t')
def expect(symbol, kind, mark, **more):
    found = [i for i in items if i['symbol'] == symbol and i['kind'] == kind]
    if len(found) != 1:
        return verdict(f'{kind}: {symbol}', False, f'{len(found)} items')
    it = found[0]
    want = dict(kind=kind, line=lines[mark] if mark else 0, **more)
    got = {k: it[k] for k in want}
    good = got == want and (not mark or it['file'].endswith('/known.cc'))
    verdict(f'{kind}: {symbol}', good, f'{got} is not {want}; {it["file"]}')
expect('table', 'pointer table', 'TABLE', relocations=8, section='.data.rel.ro', relro=True,
       type='R_X86_64_RELATIVE', remedies=['offsets', 'relr'], c_type='const char *const[8]')
expect('_ZTVN2ns5ShapeE', 'vtable', 'CLASS', name='vtable for ns::Shape', relocations=4, lookups=4, relro=True,
       type='R_X86_64_64', remedies=['hidden', 'vtables'])
expect('_ZTIN2ns5ShapeE', 'typeinfo', 'CLASS', relocations=2)
expect('elsewhere', 'GOT entry', 'GOT', relocations=1, section='.got', type='R_X86_64_GLOB_DAT', remedies=[])
expect('moving', 'pointer', 'POINTER', relocations=1, section='.data', type='R_X86_64_64', relro=False,
       remedies=['const', 'hidden'], c_type='int *')
expect('written', 'writable', 'WRITTEN', relocations=0, mixed=True, remedies=['separate'], c_type='int')
expect('_ZL5startv', 'constructor', 'CONSTRUCTOR', section='.init_array', remedies=['constructors', 'relr'])
by_line = {(l['file'] or '').split('/')[-1] + ':' + str(l['line']): l['relocations'] for l in report['by_line']}
# and the GOT entry through which it is read
verdict('by line: the table', by_line.get(f'known.cc:{lines["TABLE"]}') == 9, str(by_line))
verdict('by line: the class', by_line.get(f'known.cc:{lines["CLASS"]}') == 6, str(by_line))
verdict('sums of items, lines, sections and classes are the sum',
        report['relocations'] == sum(i['relocations'] for i in report['items']) ==
        sum(by_line.values()) == sum(s['relocations'] for s in report['sections']) ==
        sum(report['by_class'].values()), '')
verdict('pages are the sum of pages', report['relocated_pages'] ==
        sum(1 for p in report['pages'] if p['relocations']) and report['written_pages'] == len(report['pages']))
remedies = {c['name']: c for c in report['remedies']}
verdict('offsets take the table away', remedies['offsets']['relocations_gone'] == 8 and remedies['offsets']['bytes'] == 64,
        str(remedies['offsets']))
verdict('early binding takes look-ups away', remedies['hidden']['lookups_gone'] >= 6, str(remedies['hidden']))
