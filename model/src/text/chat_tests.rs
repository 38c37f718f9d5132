use super::*;

/// SmolLM2's: ChatML with a default system prompt.
const CHATML: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const LLAMA3: &str = "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";
const LLAMA2: &str = "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";
const ZEPHYR: &str = "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}";

fn go(template: &str, messages: &[(&str, &str)]) -> Result<String, ChatError> {
    render(template, messages, "<s>", "</s>", true)
}

#[test]
fn chatml_adds_its_own_system_prompt_only_when_none_is_given() {
    let own = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n";
    let rest = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(go(CHATML, &[("user", "Hi")]).unwrap(), [own, rest].concat());
    let given = go(CHATML, &[("system", "Be brief"), ("user", "Hi")]).unwrap();
    assert_eq!(given, ["<|im_start|>system\nBe brief<|im_end|>\n", rest].concat());
    let closed = render(CHATML, &[("user", "Hi")], "", "", false).unwrap();
    assert!(closed.ends_with("Hi<|im_end|>\n"));
}

#[test]
fn llama_3_trims_and_writes_bos_once() {
    let prompt = go(LLAMA3, &[("user", "  Hi "), ("assistant", "Yes")]).unwrap();
    let expected = "<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>\
        <|start_header_id|>assistant<|end_header_id|>\n\nYes<|eot_id|>\
        <|start_header_id|>assistant<|end_header_id|>\n\n";
    assert_eq!(prompt, expected);
}

#[test]
fn llama_2_folds_the_system_prompt_into_the_first_turn_and_refuses_bad_order() {
    let prompt = go(LLAMA2, &[("system", "S"), ("user", " a "), ("assistant", "b "), ("user", "c")]).unwrap();
    assert_eq!(prompt, "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\n a [/INST] b </s><s>[INST] c [/INST]");
    let reason = "Conversation roles must alternate user/assistant/user/assistant/...".to_owned();
    assert_eq!(go(LLAMA2, &[("assistant", "b")]), Err(ChatError::Refused { line: 1, reason }));
}

#[test]
fn zephyr_loses_the_newline_behind_a_block_and_keeps_it_behind_a_value() {
    let prompt = go(ZEPHYR, &[("system", "S"), ("user", "a")]).unwrap();
    assert_eq!(prompt, "<|system|>\nS</s>\n<|user|>\na</s>\n<|assistant|>\n");
}

#[test]
fn blocks_lose_their_indentation() {
    assert_eq!(go("a\n   {% if true %}\nb\n   {% endif %}\nc\n", &[]).unwrap(), "a\nb\nc");
}

#[test]
fn python_methods_work() {
    let say = |expression: &str| go(&format!("{{{{ {expression} }}}}"), &[("user", "x")]).unwrap();
    assert_eq!(say("'  a '.strip() ~ 'xxbx'.strip('x') ~ ' c'.lstrip() ~ 'd '.rstrip()"), "abcd");
    assert_eq!(say("'abc'.startswith('ab') and 'abc'.endswith(('x', 'c'))"), "True");
    assert_eq!(say("'a</think>b'.split('</think>')[-1]"), "b");
    assert_eq!(say("' a  b c'.split(None, 1)|join('|')"), "a|b c");
    assert_eq!(say("'a-b-c'.split('-', maxsplit=1)|join('|')"), "a|b-c");
    assert_eq!(say("'hello world'.title() ~ 'AB'.lower() ~ 'c'.upper() ~ 'dE'.capitalize()"), "Hello WorldabCDe");
    assert_eq!(say("'aXbXc'.replace('X', '.', 1) ~ '-'.join(['p', 'q']) ~ 'abc'.find('c')"), "a.bXcp-q2");
    assert_eq!(say("messages[0].get('role') ~ messages[0].get('tools', 'none')"), "usernone");
    assert_eq!(say("messages[0].keys()|list|length ~ messages[0].items()|list|length"), "22");
}

#[test]
fn loops_can_break_and_namespaces_keep_values() {
    let template = "{% set ns = namespace(n=0) %}{% for m in messages %}{% if m.role == 'stop' %}{% break %}{% endif %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}";
    assert_eq!(go(template, &[("a", ""), ("b", ""), ("stop", ""), ("c", "")]).unwrap(), "2");
}

#[test]
fn the_date_is_unknown() {
    let template = "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% else %}26 Jul 2024{% endif %}";
    assert_eq!(go(template, &[]).unwrap(), "26 Jul 2024");
    assert!(matches!(go("{{ strftime_now('%Y') }}", &[]), Err(ChatError::Template { line: 1, .. })));
}

#[test]
fn an_error_names_the_line() {
    assert!(matches!(go("a\nb\n{% if %}", &[]), Err(ChatError::Template { line: 3, .. })));
    assert!(matches!(go("a\n{{ 1 // 0 }}", &[]), Err(ChatError::Template { line: 2, .. })));
    let refused = ChatError::Refused { line: 2, reason: "no".into() };
    assert_eq!(go("\n{{ raise_exception('no') }}", &[]), Err(refused));
}

#[test]
fn bombs_run_out_of_fuel_depth_or_room() {
    let nested = "{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}\n{% endfor %}{% endfor %}{% endfor %}";
    assert!(matches!(go(nested, &[]), Err(ChatError::Fuel(_))));
    assert!(matches!(go("{% for a in range(1000000000) %}{% endfor %}", &[]), Err(ChatError::Template { .. })));
    assert!(matches!(go("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", &[]), Err(ChatError::Template { .. })));
    assert_eq!(go("{% for a in range(5000) %}{{ 'x' * 1000 }}{% endfor %}", &[]), Err(ChatError::Output));
    let grows = "{% set s = 'x' * 3000 %}{{ s.replace('x', s) }}";
    assert_eq!(go(grows, &[]), Err(ChatError::Output));
    assert_eq!(go(&"x".repeat(MAX_TEMPLATE + 1), &[]), Err(ChatError::TooLong(MAX_TEMPLATE + 1)));
}

#[test]
fn messages_are_data_not_template() {
    assert!(go(CHATML, &[("user", "{{ 1 + 1 }}<b>")]).unwrap().contains("{{ 1 + 1 }}<b>"));
}

#[test]
fn no_filter_allocates_what_a_number_in_the_template_says() {
    for template in [
        "{{ 'a\nb' | indent(99999999999999999) }}",
        "{{ '%9999999999999999d' | format(1) }}",
        "{{ [1] | slice(99999999999) | list }}",
        "{{ [1] | batch(99999999999, 0) | list }}",
        "{{ [1] | tojson(indent=99999999999) }}",
        "{{ [1] | tojson(99999999999) }}",
    ] {
        assert!(matches!(go(template, &[]), Err(ChatError::Template { .. })), "{template}");
    }
    assert_eq!(go("{{ [1] | tojson(indent=2) }}{{ [1] | tojson }}", &[]).unwrap(), "[\n  1\n][1]");
}

#[test]
fn a_backward_slice_beyond_its_ends_is_empty_and_does_not_panic() {
    assert_eq!(go("{{ ''[::-2] }}{{ ([] | list)[::-1] }}{{ 'ab'[:5:-1] }}", &[]).unwrap(), "[]");
    assert_eq!(
        go("{{ 'abc'[::-1] }}{{ messages[::-1][0].content }}", &[("user", "x"), ("user", "y")]).unwrap(),
        "cbay"
    );
}

#[test]
fn a_string_that_doubles_runs_out_of_fuel_before_memory() {
    let doubled = "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}";
    assert_eq!(go(doubled, &[]), Err(ChatError::Fuel(1)));
}

#[test]
fn what_a_template_says_in_an_error_stays_on_one_line() {
    let error = go("{{ raise_exception('no\n\x1b[2Jsystem') }}", &[]).unwrap_err();
    assert!(!error.to_string().contains(char::is_control), "{error:?}");
}

#[test]
fn the_text_of_a_list_is_paid_for_before_it_is_written() {
    let lists = "{% set ns = namespace(l=['a']) %}{% for i in range(28) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}";
    for bomb in [
        "{{ [['a'] * 99999] * 99999 ~ 7 }}",
        "{% set x %}{{ [['a'] * 99999] * 99999 }}{% endset %}",
        "{% set s = 'x' * 1000000 %}{% set l = [s] * 1000 %}{% set t = l | join %}",
        "{% set ns = namespace(l=['a']) %}{% for i in range(70) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% set ns = namespace(l=['a']) %}{% for i in range(90000) %}{% set ns.l = ns.l[:] + ['a'] %}{% endfor %}",
        "{% set l = [1] * 9999999 %}",
        "{% set l = range(100000) %}{% for i in range(300) %}{% set x = l[:] %}{% endfor %}",
        &[lists, "{% set x = ns.l ~ '' %}"].concat(),
        &[lists, "{% set x = ns.l | tojson %}"].concat(),
        &[lists, "{% set x = ns.l | string %}"].concat(),
        &[lists, "{% set x = [ns.l[0], 1] == [ns.l[1], 1] %}"].concat(),
        &[lists, "{% set x = [ns.l[0], 1] < [ns.l[1], 1] %}"].concat(),
    ] {
        assert_eq!(go(bomb, &[]), Err(ChatError::Fuel(1)), "{bomb}");
    }
}

#[test]
fn nothing_is_nested_deeper_than_a_megabyte_of_stack() {
    let deep = [
        format!("{{{{ 1{} }}}}", "+1".repeat(30_000)),
        format!("{{{{ a{} }}}}", ".a".repeat(30_000)),
        format!("{{{{ a{} }}}}", "[:]".repeat(20_000)),
        format!("{{{{ a{} }}}}", "|d".repeat(30_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(30_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(15_000)),
        format!("{{{{ {}1 }}}}", "(".repeat(30_000)),
        format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(5_000)),
        "{% if 1 %}".repeat(6_000),
        "{% macro f(x) %}{{ f(x + 1) }}{% endmacro %}{{ f(1) }}".to_owned(),
        "{% set ns = namespace(a=[1]) %}{% for i in range(9000) %}{% set ns.a = [ns.a] %}{% endfor %}".to_owned(),
        // Every level pays for a copy of the arguments: so many as the budget allows.
        format!("{{{{ 'a' | map({}'upper') }}}}", "'map', ".repeat(1_500)),
    ];
    let small = std::thread::Builder::new().stack_size(1 << 20);
    let run = move || deep.iter().filter(|t| !matches!(go(t, &[]), Err(ChatError::Template { line: 1, .. }))).count();
    assert_eq!(small.spawn(run).unwrap().join().unwrap(), 0);
}

#[test]
fn nothing_holds_a_namespace_so_none_holds_itself() {
    for set in ["ns", "[ns]", "{'a': (ns,)}", "namespace(b=ns)", "loop", "f"] {
        let template =
            "{% set ns = namespace(a=1) %}{% for i in [1] %}{% macro f() %}{% endmacro %}{% set ns.a = VALUE %}";
        let template = template.replace("VALUE", set) + "{% endfor %}";
        let said = go(&template, &[]);
        let right = |reason: &str| reason.ends_with("cannot be part of another value");
        assert!(matches!(&said, Err(ChatError::Template { line: 1, reason }) if right(reason)), "{set}: {said:?}");
    }
}

#[test]
fn what_the_language_does_not_have_is_refused_by_name() {
    for (template, name) in [
        ("{% include 'x' %}", "include"),
        ("{% do x %}", "do"),
        ("{{ x | urlencode }}", "urlencode"),
        ("{{ x is weird }}", "weird"),
        ("{{ 'a'.format(1) }}", "format"),
        ("{{ 99999999999999999999 }}", "number"),
    ] {
        let said = go(template, &[]);
        assert!(matches!(&said, Err(ChatError::Template { line: 1, reason }) if reason.contains(name)), "{said:?}");
    }
}
