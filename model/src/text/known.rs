//! Chat templates of well-known models, and expressions of the language: what Jinja2 3.1.6 writes, set up as the Hugging
//! Face libraries set it up, is what is written here.

use super::chat::render;

const ONE: &[(&str, &str)] = &[("user", " Hi ")];
const SYSTEM: &[(&str, &str)] =
    &[("system", " Be brief\n"), ("user", "a"), ("assistant", "<think>\nhm\n</think>\n\nb "), ("user", "c {{ 1 }}\n")];

macro_rules! known {
    ($($test:ident: $file:literal,)*) => {$(
        #[test]
        fn $test() {
            let template = include_str!(concat!("known/", $file, ".jinja"));
            let one = include_str!(concat!("known/", $file, ".one.txt"));
            assert_eq!(render(template, ONE, "<s>", "</s>", true).as_deref(), Ok(one));
            let system = include_str!(concat!("known/", $file, ".system.txt"));
            assert_eq!(render(template, SYSTEM, "<s>", "</s>", true).as_deref(), Ok(system));
        }
    )*};
}

known! {
    gemma_gives_what_jinja_gives: "gemma",
    llama_3_1_gives_what_jinja_gives: "llama-3.1",
    mistral_gives_what_jinja_gives: "mistral",
    qwen_2_5_gives_what_jinja_gives: "qwen2.5",
    qwen_3_gives_what_jinja_gives: "qwen3",
    tinyllama_gives_what_jinja_gives: "tinyllama",
}

#[test]
fn expressions_give_what_jinja_gives() {
    let messages = [("system", "S"), ("user", " a'b "), ("assistant", "<think>x</think>ä")];
    for (template, expected) in EXPRESSIONS {
        assert_eq!(render(template, &messages, "<s>", "</s>", true).as_deref(), Ok(*expected), "{template}");
    }
}

#[rustfmt::skip]
const EXPRESSIONS: &[(&str, &str)] = &[
    ("{{ 'a' ~ 1 ~ none ~ true ~ 1.5 ~ [1, 'x', none] ~ {'k': (1,)} ~ missing }}", "a1NoneTrue1.5[1, 'x', None]{'k': (1,)}"),
    ("{{ 1 + 2 * 3 - 4 // 3 % 2 }} {{ 2 ** 10 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 1e20 }} {{ 0.00001 }} {{ 3.0 }} {{ -2 ** 2 }}", "6 1024 -4 2 3.5 1e+20 1e-05 3.0 4"),
    ("{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'a' in 'abc' }} {{ 'x' not in ['x'] }} {{ 'role' in messages[0] }} {{ not 1 in [1] }}", "True False True False True False"),
    ("{{ 'y' if messages else 'n' }}{{ 'z' if false }}{{ 1 if 0 else 2 if 0 else 3 }}", "y3"),
    ("{{ messages[1].content | trim | upper }} {{ messages[-1]['content'].split('</think>')[-1] }}", "A'B ä"),
    ("{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ messages | rejectattr('role', 'in', ['user', 'system']) | map(attribute='role') | join(', ') }}", "1assistant"),
    ("{{ messages[1:] | map(attribute='content') | list }}", "[\" a'b \", '<think>x</think>ä']"),
    ("{{ messages[::-1] | map(attribute='role') | join('|') }} {{ 'abcdef'[1:5:2] }} {{ 'abcdef'[-2:] }} {{ 'abc'[::-1] }} {{ 'abc'[5:] }}", "assistant|user|system bd ef cba "),
    ("{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.length }}{{ loop.previtem.role if loop.previtem is defined }}{{ loop.nextitem.role if not loop.last }};{% endfor %}", "10TrueFalse33user;21FalseFalse23systemassistant;32FalseTrue13user;"),
    ("{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role }}{% else %}none{% endfor %}{% for x in [] %}{% else %}none{% endfor %}", "1user2assistantnone"),
    ("{% set ns = namespace(found=false, n=0) %}{% for m in messages %}{% if m.role == 'assistant' %}{% set ns.found = true %}{% endif %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.found }}{{ ns.n }}", "True3"),
    ("{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "231"),
    ("{% macro f(a, b='d') %}[{{ a }}{{ b }}]{% endmacro %}{{ f(1) }}{{ f(1, b=2) }}{{ f('x') | length }}", "[1d][12]4"),
    ("{% set x %}a{{ 1 }}b{% endset %}{{ x }}{% set y | upper %}q{% endset %}{{ y }}{% filter upper %}zz{% endfilter %}", "a1bQZZ"),
    ("{{ {'a': [1, 2.5, none, true], 'b': {'c': \"x\\\"\\n<&'Ã¤\"}} | tojson }}", "{\"a\": [1, 2.5, null, true], \"b\": {\"c\": \"x\\\"\\n<&'Ã¤\"}}"),
    ("{{ {'a': [1, {'b': 2}], 'e': [], 'f': {}} | tojson(indent=2) }}", "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"e\": [],\n  \"f\": {}\n}"),
    ("{{ [1, 2] | tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 'Ã¤' | tojson(ensure_ascii=true) }}", "[1,2] {\"a\": 2, \"b\": 1} \"\\u00c3\\u00a4\""),
    ("a\n  {% if true %}\n  b\n  {% endif %}\nc\n", "a\n  b\nc"),
    ("a  {%- if true -%}  b  {%- endif %}  c", "ab  c"),
    ("a\n  {{- 'x' -}}  \n b", "axb"),
    ("  {%+ if true %}x{% endif +%}\ny", "  x\ny"),
    ("{# comment #}\nx{#- c -#}  y\n  {# z #}\nend", "xy\nend"),
    ("{% raw %}{{ x }}{% endraw %}!", "{{ x }}!"),
    ("{{ 'it\\'s \"q\" \\x41\\u00e4\\101\\q' }}{{ \"a\" 'b' }}", "it's \"q\" AäA\\qab"),
    ("{{ ['it\\'s', 'q\"', \"b\\\\\", 'n\\n'] }}", "[\"it's\", 'q\"', 'b\\\\', 'n\\n']"),
    ("{{ messages[0].get('x') }}{{ messages[0].get('x', 'd') }}{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}{{ messages[0] | items | list | length }}{% for k in messages[0] %}{{ k }}{% endfor %}", "Nonedrole=system;content=S;2rolecontent"),
    ("{{ missing is defined }}{{ messages is defined }}{{ messages[0].x is not defined }}{{ none is none }}{{ 'a' is string }}{{ messages is sequence }}{{ messages[0] is mapping }}{{ messages is iterable }}{{ messages is string }}{{ 3 is odd }}{{ 4 is divisibleby 2 }}{{ 4 is divisibleby(3) }}{{ 'a' is in ['a'] }}{{ true is boolean }}{{ 1 is number }}", "FalseTrueTrueTrueTrueTrueTrueTrueFalseTrueTrueFalseTrueTrueTrue"),
    ("{{ missing | default('d') }}{{ '' | default('e', true) }}{{ '' | default('f') }}{{ none | default('g') }}", "deNone"),
    ("{{ '  a b  '.strip() }}|{{ 'xax'.lstrip('x') }}|{{ 'a,b,c'.split(',', 1) }}|{{ 'a  b'.split() }}|{{ 'a-b-c'.rsplit('-', 1) }}|{{ 'aXbX'.replace('X', '.', 1) }}|{{ 'hello wORLD'.title() }}|{{ 'hELLO'.capitalize() }}", "a b|ax|['a', 'b,c']|['a', 'b']|['a-b', 'c']|a.bX|Hello World|Hello"),
    ("{{ 'hello-wORLD (x)' | title }}|{{ 'hELLO w' | capitalize }}|{{ 'a\\nb\\n\\nc' | indent(2) }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'aXX' | replace('X', 'y', 1) }}|{{ '<a&\"\\'>' | e }}", "Hello-World (X)|Hello w|a\n  b\n\n  c|  a\n  b|ayX|&lt;a&amp;&#34;&#39;&gt;"),
    ("{{ '12' | int + 1 }}{{ 'x' | int(5) }}{{ 3.9 | int }}{{ '1.5' | float }}{{ -3 | abs }}{{ 2.567 | round(2) }}{{ 2.5 | round }}", "13531.532.572.0"),
    ("{{ [3, 1, 2] | sort }}{{ ['b', 'A', 'c'] | sort(reverse=true) }}{{ [1, 2, 1] | unique | list }}{{ [1, 2] | sum }}{{ [1, 3, 2] | max }}{{ ['b', 'a'] | min }}{{ {'b': 1, 'a': 2} | dictsort }}", "[1, 2, 3]['c', 'b', 'A'][1, 2]33a[('a', 2), ('b', 1)]"),
    ("{{ [1, 2, 3] | first }}{{ [1, 2, 3] | last }}{{ [1, 2] | reverse | list }}{{ 'abc' | reverse }}{{ [0, 1, ''] | select | list }}{{ [0, 1] | reject('odd') | list }}{{ ['a', 'b'] | map('upper') | join('-') }}", "13[2, 1]cba[1][0]A-B"),
    ("{{ 1, 2 }}{{ (1, 2)[0] }}{{ (1 + 2) * 3 }}{{ () }}{{ (1,) }}", "(1, 2)19()(1,)"),
    ("{% set a, b = 1, 2 %}{{ a }}{{ b }}{% for a, b in [(1, 2), [3, 4]] %}{{ a }}{{ b }}{% endfor %}", "121234"),
    ("{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}{{ range(5, 1, -2) | list }}{{ range(2, 5) | list }}{{ range(0) | list }}", "013[5, 3][2, 3, 4][]"),
    ("{{ not true and false }}{{ true or false and false }}{{ 0 or 'x' }}{{ 1 and 'y' }}{{ (not missing) }}", "FalseTruexyTrue"),
    ("{{ 1 == 1.0 }}{{ true == 1 }}{{ [1, 'a'] == [1, 'a'] }}{{ {'a': 1} == {'a': 1} }}{{ none == missing }}{{ 'a' < 'b' }}{{ [1, 2] < [1, 3] }}{{ (1,) == [1] }}", "TrueTrueTrueTrueFalseTrueTrueFalse"),
    ("{% if messages[0].role == 'system' %}{% set loop_messages = messages[1:] %}{% else %}{% set loop_messages = messages %}{% endif %}{{ loop_messages | length }}", "2"),
    ("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}", "3False"),
    ("{{ raise_exception is defined }}{{ strftime_now is defined }}{{ dict(a=1) }}{{ range is callable }}", "TrueFalse{'a': 1}True"),
    ("{{ 'a' if messages[0].content is string and messages[0].role == 'system' else 'b' }}", "a"),
    ("{{ '%s' }}{{ \"{% x %}\" }}{{ '}}' }}{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a': {'b': 1}}.a.b }}", "%s{% x %}}}11"),
    ("{{ 'Ã¤Ã¶Ã¼'|length }}{{ 'Ã¤Ã¶Ã¼'[1] }}{{ 'Ã¤Ã¶Ã¼'.upper() }}{{ 'straÃe'.upper() }}{{ 'Ã¤'.find('x') }}{{ 'Ã¤x'.find('x') }}{{ 'aa'.count('a') }}", "6¤Ã¤Ã¶Ã¼STRAÃE-122"),
    ("{% for m in messages %}\n  {%- if m.role == 'user' %}\nU\n  {%- elif m.role == 'system' %}\nS\n  {%- else %}\nA\n  {%- endif %}\n{% endfor %}\nend", "SUAend"),
];
