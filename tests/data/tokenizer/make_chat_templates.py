#!/usr/bin/env python3
"""Writes chat_templates.json: templates, conversations and what Jinja2 itself renders.

The templates are written for this test, with the constructs that published chat templates use. The environment is the
one of Hugging Face transformers: ImmutableSandboxedEnvironment, trim_blocks, lstrip_blocks, loop controls, its tojson.
Run:  python3 make_chat_templates.py > chat_templates.json   (Debian's python3-jinja2)
"""
import json
import sys

import jinja2
import jinja2.meta

from transformers_jinja import Raised, make_environment

env = make_environment()

def user(c): return {"role": "user", "content": c}
def bot(c): return {"role": "assistant", "content": c}
def system(c): return {"role": "system", "content": c}

CHATS = [
    [user("Hi")],
    [system("You are terse."), user("  What is 2 + 2?\n"), bot(" 4 "), user("Größe? 日本語 🙂 <b>&\"'")],
    [user("a"), bot("b"), user("c"), bot("d")],
    [system("Only a system prompt.")],
    [bot("I begin."), user("No.")],
    [],
    [user("line one\n\nline two\t\\ end"), bot("<think>hmm</think> done</think>x")],
]

CHAT_TEMPLATES = {
"chatml": """{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""",
"chatml with default system": """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou are helpful<|im_end|>\\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""",
"llama2 style": """{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}""",
"llama3 style": """{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}""",
"llama3.1 style": """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}

{#- The system message goes into its own slot #}
{%- if messages and messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}

{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if builtin_tools is defined or tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Cutting Knowledge Date: December 2023\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("One tool call at a time!") }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
"mistral style": """{%- if messages and messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{#- Roles must alternate, tools apart #}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- endif %}
{%- endfor %}
""",
"zephyr style": """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}""",
"gemma style": """{{ bos_token }}{% if messages and messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}""",
"gemma3 style": """{{ bos_token }}
{%- if messages and messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\\n\\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\\n\\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'text' -%}{{ item['text'] | trim }}{%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\\n'}}
{%- endif -%}
""",
"phi3 style": """{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}""",
"qwen2.5 style": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
{%- else %}
    {%- if messages and messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are a model.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
"qwen3 style": """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or (not loop.last and reasoning_content)) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' ~ message.role ~ '\\n' ~ content ~ '<|im_end|>' ~ '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
"deepseek style": """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, is_tool=false, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<｜User｜>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}{% if add_generation_prompt and not ns.is_tool %}{{'<｜Assistant｜>'}}{% endif %}""",
"smollm2 with generation": """{% for message in messages -%}
  {%- if message.role == 'assistant' -%}
    {% generation %}{{ '<|im_start|>assistant\\n' ~ message.content ~ '<|im_end|>\\n' }}{% endgeneration %}
  {%- else -%}
    {{ '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' }}
  {%- endif -%}
{%- endfor %}
{{- '<|im_start|>assistant\\n' if add_generation_prompt }}""",
"macros": """{% macro head(role, end='>') %}<{{ role | upper }}{{ end }}
{% endmacro %}
{% macro turn(m) -%}
{{ head(m.role) }}{{ m.content | trim }}{{ head(m.role, end=' />') }}
{%- endmacro %}
{% for m in messages %}{{ turn(m) }}{% if not loop.last %}|{% endif %}{% else %}(nobody){% endfor %}
""",
"alternating check": """{% for m in messages %}{% if loop.previtem is defined and loop.previtem.role == m.role %}same {% endif %}{{ loop.index }}/{{ loop.length }} {{ loop.cycle('odd', 'even') }} {{ m.role[0] }}{{ '' if loop.nextitem is defined else '.' }}{{ loop.revindex }}{{ loop.revindex0 }} {% endfor %}""",
"last user": """{% set users = messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list %}{{ users | length }}:{{ users | last | default('nobody', true) | trim }}:{{ (users | first) is defined }}""",
"breaks": """{% for m in messages %}{% if m.role == 'system' %}{% continue %}{% endif %}{{ m.role }}{% if loop.index > 2 %}{% break %}{% endif %},{% endfor %}!""",
"json": """{{ messages | tojson }}
{{ messages | tojson(indent=2) }}
{{ {'a': [1, 2.5, true, none], 'ü': '\\t"'} | tojson }}""",
}

# Small constructs without a conversation: (name, template).
SNIPPETS = """
{{ 1 + 2 * 3 - 4 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ -2 ** 2 }}
{{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1e20 }} {{ 1e-7 }} {{ 123456789.5 }} {{ 1e16 }} {{ 5 / 1 }} {{ 1_000 }} {{ 3.0 // 2 }}
{{ true }} {{ True }} {{ none }} {{ [1, 'a', "it's", none, true, 1.5, []] }} {{ (1,) }} {{ (1, 'b') }} {{ {'a': 1, 'b': [2]} }} {{ () }} {{ {} }}
{{ 'a' 'b' }} {{ 'x\\ny\\t\\'\\"\\\\ \\u00e9 \\x41' }} {{ "\\q" }}
{{ 1 < 2 < 3 }} {{ 1 < 2 > 5 }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 != 2 }} {{ true == 1 }} {{ none == none }}
{{ 'ell' in 'hello' }} {{ 2 in [1, 2] }} {{ 'k' in {'k': 1} }} {{ 3 not in [1] }} {{ 'z' not in 'abc' }} {{ not 1 in [1] }}
{{ x is defined }} {{ x is undefined }} {{ x is not defined }} {{ none is none }} {{ 1 is number }} {{ 'a' is string }} {{ {} is mapping }} {{ [] is iterable }} {{ [] is sequence }} {{ 4 is even }} {{ 3 is odd }} {{ 3 is divisibleby 3 }} {{ 2 is equalto 2 }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ true is boolean }} {{ 1 is integer }} {{ 1.0 is float }} {{ 'a' is lower }} {{ 'A' is upper }} {{ 2 is in [1, 2] }} {{ 1 is eq(1) }} {{ 1 is ne 2 }} {{ 2 is gt 1 }} {{ 1 is lt(2) }}
{{ 'yes' if true else 'no' }} {{ 'yes' if false }} {{ 1 if false else 2 if false else 3 }} {{ x or 'fallback' }} {{ '' or 0 or 'z' }} {{ 1 and 2 }} {{ 0 and 2 }} {{ not '' }}
{{ 'a' ~ 1 ~ none ~ 1.5 ~ [1] }} {{ 1 ~ (2 + 3) }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ [0] * 3 }}
{{ 'hello'[0] }} {{ 'hello'[-1] }} {{ 'hello'[1:3] }} {{ 'hello'[::-1] }} {{ 'hello'[:-2] }} {{ [1, 2, 3][1:] }} {{ 'größe'[2] }} {{ 'größe'[2:4] }} {{ [1, 2, 3, 4, 5][::2] }} {{ [1, 2, 3][5:] }} {{ [1, 2, 3][-100:100] }} {{ [1, 2, 3, 4][3:0:-2] }}
{{ [1, 2][5] }}|{{ {'a': 1}['b'] }}|{{ {'a': {'b': 2}}.a.b }} {{ {'a': 1}.get('z', 'd') }} {{ {'a': 1}.get('z') }} {{ [[1, 2], [3]][0][1] }} {{ [1, 2].1 }}
{{ '  x '.strip() }}| {{ 'xxaxx'.strip('x') }} {{ '  x '.lstrip() }}| {{ '  x '.rstrip() }}| {{ 'a,b,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b c'.split(None, 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'a\\nb\\r\\nc'.splitlines() }}
{{ 'Hello'.startswith('He') }} {{ 'Hello'.endswith(('x', 'lo')) }} {{ 'aB'.upper() }} {{ 'aB'.lower() }} {{ "they're bill's".title() }} {{ 'hELLO wORLD'.capitalize() }} {{ 'straße'.upper() }} {{ 'aaa'.replace('a', 'b') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'ab'.replace('', '-') }} {{ 'größe'.find('e') }} {{ 'x'.find('y') }} {{ '-'.join(['a', 'b']) }} {{ 'banana'.count('an') }} {{ '12'.isdigit() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'banana'.rfind('an') }}
{{ ' x ' | trim }}| {{ 'abc' | upper }} {{ 'ABC' | lower }} {{ 'hELLO' | capitalize }} {{ 'hello-world (foo bar)' | title }} {{ 'größe' | length }} {{ [1, 2] | count }} {{ [1, 2] | join('-') }} {{ [1, 2] | first }} {{ [1, 2] | last }} {{ x | default('d') }} {{ '' | default('d') }} {{ '' | default('d', true) }} {{ 'a' | replace('a', 'b') }} {{ 1 | string + '2' }}
{{ '42' | int + 1 }} {{ 'x' | int }} {{ 'x' | int(5) }} {{ '3.7' | int }} {{ 3.9 | int }} {{ '1.5' | float }} {{ 'ff' | int(0, 16) }} {{ -3 | abs }} {{ 2.5 | round }} {{ 3.14159 | round(2) }} {{ 2.1 | round(0, 'ceil') }} {{ 2.9 | round(method='floor') }} {{ 'abc' | list }} {{ 'abc' | reverse }} {{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort }} {{ ['b', 'A', 'c'] | sort(case_sensitive=true) }} {{ [3, 1, 2] | sort(reverse=true) }} {{ [1, 2, 1, 'a', 'A'] | unique | list }} {{ [1, 2, 3] | sum }} {{ [1, 5, 3] | max }} {{ [4, 2] | min }}
{{ {'b': 1, 'a': 2} | dictsort }} {{ {'b': 1, 'a': 2} | dictsort(by='value') }} {{ {'b': 1} | items | list }} {{ '<a href="x">\\'&' | e }} {{ '<' | safe }}
{{ [{'n': 1}, {'n': 2}, {}] | map(attribute='n') | list | length }} {{ ['a', 'b'] | map('upper') | join }} {{ [0, 1, '', 'x'] | select | list }} {{ [0, 1, 2] | reject('odd') | list }} {{ [1, 2, 3] | select('gt', 1) | list }} {{ [{'a': 1, 'b': 2}, {'a': 0, 'b': 3}] | selectattr('a') | map(attribute='b') | list }} {{ [{'a': 1}, {'a': 2}] | rejectattr('a', 'equalto', 1) | list }} {{ [{'a': {'b': 5}}] | map(attribute='a.b') | first }} {{ [{'n': 2}, {'n': 1}] | sort(attribute='n') | map(attribute='n') | join(',') }} {{ [{'a': 'x'}, {}] | map(attribute='a', default='?') | join }}
{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(width=1, blank=true) }}|{{ 'a\\nb' | indent('> ') }}
{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(3, 0, -1) | list }} {{ range(0) | list }} {% for i in range(3) %}{{ i }}{% endfor %}
{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %} {% for k in {'a': 1} %}{{ k }}{% endfor %} {% for (a, b) in [(1, 2), [3, 4]] %}{{ a + b }} {% endfor %}{% for c in 'äb' %}[{{ c }}]{% endfor %}
{% for x in [1, 2, 3, 4] if x is even %}{{ loop.index }}:{{ x }}/{{ loop.length }} {% else %}none{% endfor %}{% for x in [] %}{% else %}empty{% endfor %}{% for x in [1] if x > 1 %}{% else %}filtered{% endfor %}
{% set a = 1 %}{% for i in [1, 2] %}{% set a = a + i %}{{ a }} {% endfor %}{{ a }} {% if true %}{% set a = 9 %}{% endif %}{{ a }} {% set b, c = 1, [2] %}{{ b }}{{ c }} {% set d %}x{{ a }}y{% endset %}{{ d }} {% set e | upper %}loud{% endset %}{{ e }}
{% set ns = namespace(n=0, s='') %}{% for i in [1, 2, 3] %}{% set ns.n = ns.n + i %}{% set ns.s = ns.s ~ i %}{% endfor %}{{ ns.n }} {{ ns.s }}
{% macro f(a, b=2) %}({{ a }},{{ b }}){% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(b=4, a=0) }}{{ f(1) | length }}{% set r = f(7) %}{{ r ~ r }} {% macro g(n) %}{{ n }}{% if n > 0 %}{{ g(n - 1) }}{% endif %}{% endmacro %}{{ g(3) }}
{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{% filter upper %}abc{{ 'd' }}{% endfilter %} {% raw %}{{ not }} {% this %}{% endraw %} {# a comment #}after
{% if x %}a{% elif 1 > 2 %}b{% elif 2 > 1 %}c{% else %}d{% endif %} {% if not x and (1 or y.z) %}ok{% endif %} {% if x is defined and x.y.z %}bad{% else %}safe{% endif %}
{{ [1, 2] | tojson }} {{ 'ü"\\n' | tojson }} {{ {'b': 1, 'a': {'c': []}} | tojson(indent=4) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 1.0 | tojson }} {{ [] | tojson(indent=2) }} {{ [1, 2] | tojson(separators=(',', ':')) }}
{{ 'ab' | map('upper') | list }} {{ {'a': 1, 'b': 2} | select('equalto', 'b') | list }} {{ 'cab' | sort | join }} {{ 'abc' | join('-') }} {{ '-'.join('abc') }} {{ 'aab' | unique | join }} {{ {'b': 1, 'a': 2} | sort }} {{ 'abc' | reject('in', 'b') | join }}
{{ dict(a=1, b='x') }} {{ dict(a=1).keys() | list }} {{ {'a': 1}.values() | list }} {{ {'x': 1, 'x': 2} }} {{ {1: 'a', none: 'b'}[1] }} {{ {'items': 3}['items'] }}
{{ 5 is number and 'x' is string or false }} {{ 3 + 4 | string | length }} {{ ('a' + 'b') | upper }} {{ -5 | abs }} {{ 'a' if 1 == 1 and not false else 'b' }} {{ 'a' in 'abc' and 'd' not in 'abc' }} {{ 'x' is in ['x'] }} {{ 1, 2 }}
{{- '  tight  ' -}} x {%- if true -%}  y  {%- endif +%} z {{ '' }}
""".strip("\n").split("\n")


# What filters, tests and operators make of nothing: none, undefined (x) and other values that count as false.
NOTHING = """
{{ none | selectattr('role', 'equalto', 'x') | list }}{{ none | select | list }}{{ none | reject | list }}{{ none | rejectattr('a') | list }}{{ none | map('upper') | list }}{{ none | map(attribute='a') | list }}
{{ x | selectattr('a') | list }}{{ x | select('odd') | list }}{{ x | map('nosuch') | list }}{{ 0 | map('upper') | list }}{{ false | selectattr('a') | list }}{{ '' | reject | list }}
{{ none | default('d') }}|{{ none | default('d', true) }}|{{ x | default }}|{{ x | d(1) }}|{{ none | d('e', boolean=true) }}|{{ x.y | default('f') if x is defined else 'no' }}
{{ x | length }}{{ x | list }}{{ x | first is defined }}{{ x | last is defined }}{{ x | join('-') }}|{{ x | sort }}{{ x | unique | list }}{{ x | sum }}{{ x | max is defined }}{{ x | min is defined }}{{ x | reverse | list }}{{ x | items | list }}{{ x | batch(2) | list }}{{ x | groupby('a') }}
{{ x | upper }}|{{ x | lower }}|{{ x | trim }}|{{ x | title }}|{{ x | capitalize }}|{{ x | string }}|{{ x | replace('a', 'b') }}|{{ x | wordcount }}|{{ x | e }}|{{ x | safe }}|{{ x | center(3) }}|{{ x | truncate(9) }}|{{ x | urlencode }}|{{ x | striptags if false }}
{{ none | upper }} {{ none | trim }} {{ none | string }} {{ none | replace('N', 'n') }} {{ none | e }} {{ none | int }} {{ none | float }} {{ none | int(7) }} {{ [] | int('z') }} {{ none | wordcount }} {{ none | center(6) }}|
{{ x == none }} {{ x == x }} {{ x == y }} {{ x != 1 }} {{ x in [1] }} {{ 1 in x }} {{ none in [none] }} {{ x not in [] }} {{ not x }} {{ x or none }} {{ x ~ none }} {{ x is callable }} {{ x is iterable }} {{ x is sequence }} {{ x is mapping }} {{ x is string }} {{ x is lower }} {{ none is iterable }} {{ none is defined }}
{% for i in x %}a{% else %}nothing{% endfor %} {% for i in none | select %}a{% else %}nothing{% endfor %} {{ [x] }} {{ {'a': x} }} {{ (x, none) }} {{ x if x }} {{ 'a' if none else 'b' }} {{ [none] | join('-') }} {{ [x, 1] | join('-') }}
{{ '%s' % x }}|{{ '%s %s' % (none, x) }}|{{ '{}'.format(none) }}|{{ x | format }}|{{ 'ok' if x is not defined }}
""".strip("\n").split("\n")

# Lazy filters give iterators: true, walked once, without length.
ITERATORS = """
{{ 'yes' if [] | select else 'no' }} {{ 'yes' if [1] | map('string') else 'no' }} {% set g = [1, 2, 3] | select('odd') %}{{ g | list }}{{ g | list }} {% set h = [1, 2] | map('string') %}{{ h | first }}{{ h | list }} {{ h is iterable }} {{ h is sequence }} {{ h is string }} {{ h[0] is defined }}
{% set g = [1, 2] | unique %}{{ 1 in g }}{{ 1 in g }} {{ [3, 1] | reverse | list }} {{ (1, 2) | reverse | first }} {{ 'abc' | reverse }} {{ {'a': 1, 'b': 2} | reverse | list }} {% for a in [1, 2] | reverse %}{{ loop.length }}{{ loop.last }}{% endfor %} {{ ([1] | select) == ([1] | select) }}
{{ {'a': 1}.items() | list }} {{ {'a': 1}.items() }} {{ {'a': 1}.keys() }} {{ {'a': 1}.values() }} {{ {'a': 1}.items() | length }} {{ {'a': 1}.keys()[0] is defined }} {{ 'a' in {'a': 1}.keys() }} {{ {} .items() | length }} {{ 'y' if {}.items() else 'n' }} {{ {'a': 1}.items() is sequence }} {{ {'a': 1}.items() | first }} {{ {'b': 1, 'a': 2}.items() | sort }}
{{ range(3) }} {{ range(3)[1] }} {{ range(3)[-1] }} {{ range(3) | length }} {{ range(5)[1:3] | list }} {{ range(3) | last }} {{ range(3) is sequence }} {{ 2 in range(3) }} {{ range(3) | list + [9] }} {{ range(0) | list }} {{ 'y' if range(0) else 'n' }} {{ range(3) | sum }} {{ range(1, 4) | join(',') }} {{ range(3) == range(3) }}
""".strip("\n").split("\n")

STATEMENTS = """
{% macro box(t) %}[{{ t }}:{{ caller() }}]{% endmacro %}{% call box('a') %}inner{% endcall %} {% macro each(l) %}{% for i in l %}{{ caller(i, loop.index) }}{% endfor %}{% endmacro %}{% set p = '>' %}{% call(item, n=0) each([5, 6]) %}{{ p }}{{ item }}/{{ n }} {% endcall %}
{% macro maybe() %}{{ caller() if caller else 'alone' }}{{ caller is defined }}{% endmacro %}{{ maybe() }} {% call maybe() %}x{% endcall %} {% macro outer() %}<{{ caller() }}{% call maybe() %}in{% endcall %}>{% endmacro %}{% call outer() %}deep{% endcall %}
{% for i in [1, 2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %} {% set a = 1 %}{% macro n() %}{{ a }}{% endmacro %}{% set a = 2 %}{{ n() }} {% for a in [3] %}{{ n() }}{% endfor %} {% with a = 4 %}{{ n() }}{% endwith %}
{% macro f(a, b='d', c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, c=3) }} {{ f(*[1, 2]) }} {{ f(**{'a': 7, 'c': 9}) }} {{ f(1, *[2], **{'c': 3}) }} {{ f() }} {{ f.name }} {{ f.arguments }} {{ f.catch_kwargs }} {{ f.catch_varargs }} {{ f.caller }}
{% macro v() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v() }} {{ v(1, 2, x=3) }} {% macro w(a) %}{{ a }}{{ varargs | join(',') }}{% endmacro %}{{ w(1, 2, 3) }} {% macro k(a) %}{{ a }}{{ kwargs.b }}{% endmacro %}{{ k(b=2, a=1) }}
{% set tree = [{'n': 'a', 'c': [{'n': 'b', 'c': []}, {'n': 'd', 'c': [{'n': 'e', 'c': []}]}]}] %}{% for t in tree recursive %}{{ loop.depth }}{{ t.n }}{{ loop.index }}({{ loop(t.c) }}){% endfor %} {% for t in [[1, [2]], [3]] recursive %}{% if t is number %}{{ t }}{% else %}<{{ loop(t) }}>{{ loop.depth0 }}{% endif %}{% endfor %}
{% for t in [1, 2, [3, 4]] if t != 2 recursive %}{% if t is number %}{{ t }}{% else %}{{ loop(t + [2]) }}{% endif %}{% else %}e{% endfor %} {% for t in [[]] recursive %}{{ loop(t) }}{% else %}empty{% endfor %}
{% for i in [1, 1, 2, 2, 1] %}{% if loop.changed(i) %}{{ i }}{% endif %}{% endfor %} {% for i in [1, 1, 2] %}{{ loop.changed(i, 'a') }}{% endfor %} {% for i in 'abc' %}{{ loop.cycle('x', 'y') }}{{ loop.previtem | default('-') }}{{ loop.nextitem | default('+') }}{{ loop.revindex }} {% endfor %}
{% for a, (b, c) in [(1, (2, 3)), (4, 'xy')] %}{{ a }}{{ b }}{{ c }} {% endfor %}{% set a, (b, c) = 1, [2, 3] %}{{ a }}{{ b }}{{ c }} {% set (d, e) = 'pq' %}{{ d }}{{ e }} {% for k, v in {'a': 1} | dictsort %}{{ k }}{{ v }}{% endfor %}
{% set ns = namespace() %}{% set ns.t %}block {{ 1 }}{% endset %}{{ ns.t }} {% set ns.u | upper | trim %} loud {% endset %}{{ ns.u }}| {% set q | replace('a', 'b') %}aa{% endset %}{{ q }} {{ ns }}
{% filter upper | replace('B', 'x') %}abc{% endfilter %} {% filter indent(2, true) %}a
b{% endfilter %} {% filter trim %}  z  {% endfilter %} {% filter truncate(5, true, '') %}abcdefghijklmn{% endfilter %}
{% generation %}{% set z = 1 %}{{ z }}{% endgeneration %}{{ z is defined }} {% with %}{% set y = 2 %}{{ y }}{% endwith %}{{ y is defined }} {% with a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{% endwith %}
{% for i in [1, 2, 3, 4] %}{% if i == 2 %}{% continue %}{% endif %}{% for j in [1, 2] %}{% if j == 2 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% if i == 3 %}{% break %}{% endif %}{% else %}never{% endfor %} {% for i in [1] %}{% break %}{% else %}no{% endfor %}
{% for i in [1, 2] %}{% if loop.first %}{% set s = 'set' %}{% endif %}{{ s is defined }} {% endfor %}{% if false %}{% set u = 1 %}{% endif %}{{ u is defined }} {% set l = [] %}{% for i in [1] %}{% set l = l + [i] %}{% endfor %}{{ l }} {% for loop_ in [1] %}{{ loop.index }}{% endfor %}{{ loop is defined }}
{% macro a() %}A{% endmacro %}{% set f = a %}{{ f() }} {{ a }} {{ (a() ~ 'b') | lower }} {{ [a(), a()] | join('-') }} {% if a is callable %}c{% endif %} {{ a is string }} {{ a() is string }}
{{ dict(a=1, **{'b': 2}) }} {{ dict({'a': 1}, b=3) }} {{ dict([('x', 1), ('y', 2)]) }} {{ namespace({'a': 1}, b=2).b }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ '\\\\101\\\\x42\\\\u0043' }} {{ 1_0.5 }} {{ -0.0 }} {{ 1e3 }} {{ 5 // 0.3 }} {{ -5 % 3.5 }}
""".strip("\n").split("\n{")
STATEMENTS = [STATEMENTS[0]] + ["{" + line for line in STATEMENTS[1:]]

FORMATS = """
{{ '%s and %s' % ('a', 1) }} {{ '%d items' % 3 }} {{ '%d' % 3.9 }} {{ '%5d|%-5d|%05d|%+d|% d' % (1, 2, 3, 4, 5) }} {{ '%x %X %o %#x' % (255, 255, 8, 255) }} {{ '%.2f %8.3f %-8.1f| %e %g' % (3.14159, 2.5, 1.25, 12345.678, 0.0001) }} {{ '%%' % () }} {{ '100%% %s' % 'x' }}
{{ '%(a)s-%(b)03d' % {'a': 'x', 'b': 7} }} {{ '%r %r' % ('q', none) }} {{ '%s' % [1, 2] }} {{ '%s' % ((1, 2),) }} {{ '%c%c' % ('a', 66) }} {{ '%*d' % (5, 42) }} {{ '%.3s|%10s|%-10s|' % ('abcdef', 'r', 'l') }} {{ '%i' % true }} {{ 'x' % {} }} {{ 'x' % [] }} {{ '%.0f %.0f' % (0.5, 1.5) }} {{ '%05.1f' % -2.25 }}
{{ 'a %s' | format('b') }} {{ '%s-%d' | format('x', 3) }} {{ '%(k)s' | format(k='v') }} {{ 'no' | format }} {{ '%s' | format([1]) }}
{{ '{} {}'.format(1, 'b') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x}-{y}'.format(x=1, y=2) }} {{ '{{}}{}'.format(1) }} {{ '{0[k]} {0[l][1]}'.format({'k': 'v', 'l': [1, 2]}) }} {{ '{!r:>6}|{!s}'.format('a', none) }}
{{ '{:5}|{:<5}|{:>5}|{:^5}|{:*^7}|{:.2}'.format('a', 'b', 'c', 'd', 'e', 'fgh') }} {{ '{:5}|{:<5}|{:05}|{:+}|{:,}|{:_}|{:x}|{:#x}|{:b}|{:c}|{:e}'.format(1, 2, 3, 4, 1234567, 1234567, 255, 255, 5, 65, 1500) }} {{ '{:.2f}|{:8.3f}|{:<8.1f}|{:.1%}|{:g}|{:,.2f}|{}'.format(3.14159, 2.5, 1.25, 0.256, 0.00001, 12345.678, 1.0) }} {{ '{:>5}|{}'.format(true, true) }} {{ '{a[b]}'.format_map({'a': {'b': 1}}) }}
{{ 5 | round }} {{ 2.5 | round }} {{ 1.115 | round(2) }} {{ 2.675 | round(2) }} {{ 1234 | round(-2) }} {{ 1250 | round(-2) }} {{ 1350 | round(-2) }} {{ 12.7 | round | int }} {{ 7 | round(1, 'floor') }} {{ 1.21 | round(1, 'ceil') }} {{ 0.5 | round }} {{ -1.5 | round }} {{ true | round }}
{{ ' 42 ' | int }} {{ '1_000' | int }} {{ '0x1f' | int(base=16) }} {{ '0b11' | int(0, 2) }} {{ '1e3' | int }} {{ '-7' | int }} {{ '+7' | int }} {{ '' | int }} {{ true | int }} {{ 'inf' | float }} {{ '1e400' | float }} {{ '-0' | float }} {{ ' 2.5 ' | float }} {{ 'x' | float(1.5) }} {{ '12abc' | int(-1) }}
{{ 1 | filesizeformat }} {{ 999 | filesizeformat }} {{ 1000 | filesizeformat }} {{ 1500000 | filesizeformat }} {{ 1024 | filesizeformat(true) }} {{ 123456789 | filesizeformat(binary=true) }} {{ (10 ** 15) | filesizeformat }}
{{ ['\\xa0', '\\u200b', 'ä', '\\x7f', '\\x00', "'\\"", '\\U0001F600', '\\t'] }} {{ 'ä\\u2028😀"' | tojson(ensure_ascii=true) }} {{ {'b': [1, {'c': none}], 'a': 1.5} | tojson(indent=2, sort_keys=true) }} {{ [1, 2] | tojson(indent=0) }} {{ {1: 2, none: 3, true: 4} | tojson }} {{ (1, 2) | tojson }} {{ {'a': []} | tojson(separators=(',', ':')) }} {{ [] | tojson(indent=none) }}
""".strip("\n").split("\n")

COLLECTIONS = """
{% set l = [{'c': 'x', 'n': 1}, {'c': 'y', 'n': 2}, {'c': 'X', 'n': 3}] %}{% for g in l | groupby('c') %}{{ g.grouper }}:{{ g.list | map(attribute='n') | join(',') }};{% endfor %} {% for k, v in l | groupby('c', case_sensitive=true) %}{{ k }}={{ v | length }} {% endfor %}{{ l | groupby('z', default='d') | map('first') | list }} {{ (l | groupby('n'))[0] }} {{ [{'a': {'b': 2}}, {'a': {'b': 1}}] | groupby('a.b') | map(attribute='grouper') | list }}
{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 'f') | list }} {{ range(7) | batch(3) | map('join') | list }} {{ [] | batch(2) | list }} {{ [1, 2, 3, 4, 5] | slice(2) | list }} {{ [1, 2, 3, 4, 5] | slice(3, '-') | list }} {{ [] | slice(2) | list }} {{ 'abcd' | batch(3) | list }}
{{ [{'a': 2, 'b': 1}, {'a': 1, 'b': 2}, {'a': 1, 'b': 1}] | sort(attribute='a,b') }} {{ ['b', 'B', 'a'] | sort }} {{ ['b', 'B', 'a'] | sort(case_sensitive=true, reverse=true) }} {{ ['b', 'A'] | max }} {{ ['b', 'A'] | min(case_sensitive=true) }} {{ [{'n': 3}, {'n': 1}] | min(attribute='n') }} {{ [{'n': 3}, {'n': 1}] | max(attribute='n') }} {{ [[2], [1]] | sort }} {{ [none, none] | sort }} {{ [{}, {'b': 1}] | sort(attribute='a') }} {{ [(1, 'b'), (1, 'a')] | sort }}
{{ [{'a': 1}, {'a': 1}, {'a': 2}] | unique(attribute='a') | list }} {{ ['a', 'A', 'b'] | unique(case_sensitive=true) | list }} {{ [{'n': 1}, {'n': 2}] | sum(attribute='n') }} {{ [1, 2] | sum(start=10) }} {{ [[1], [2]] | sum(start=[]) }} {{ {'b': 2, 'A': 1} | dictsort }} {{ {'b': 2, 'A': 1} | dictsort(true) }} {{ {'b': 1, 'a': 2} | dictsort(false, 'value') }} {{ {'b': 1, 'a': 2} | dictsort(reverse=true) }}
{{ [{'a': {'b': 1}}, {'a': {}}] | map(attribute='a.b', default=0) | list }} {{ [{}, {'a': {'b': 1}}] | map(attribute='a.b', default='?') | list }} {{ [[1, 2], [3]] | map('last') | list }} {{ [[1, 2], [3]] | map(attribute=0) | list }} {{ [[1, 2], [3]] | map(attribute='0') | list }} {{ [' a '] | map('trim') | map('upper') | list }} {{ ['a'] | map('default', 'x') | list }} {{ ['ab'] | map('replace', 'a', 'b') | first }} {{ [3, 'x'] | select('number') | list }} {{ [{'a': none}, {}] | rejectattr('a') | list | length }} {{ [{'a': none}, {}, {'a': 1}] | selectattr('a', 'defined') | list | length }} {{ [{'a': none}, {'a': 1}] | selectattr('a', 'none') | list }} {{ [1, 2, 3] | select('in', [1, 3]) | list }} {{ [1, 2, 3] | select('>=', 2) | list }} {{ [1, 2, 3] | reject('==', 2) | list }} {{ [1, 2, 3, 4] | select('divisibleby', 2) | list }} {{ [{'x': 1}, {'x': 2}] | join(',', attribute='x') }}
{{ {'a': 1, 'b c': none} | items | list }} {{ {'class': 'x', 'id': none, 'n': 3, 'q': '"<'} | xmlattr }} {{ {'a': 1} | xmlattr(false) }}|{{ {} | xmlattr }}| {{ {'a': 'ä b', 'c': '&'} | urlencode }} {{ 'a b/ü?' | urlencode }} {{ [('a', 1), ('b', '/')] | urlencode }} {{ {'a': 1} | attr('items') is callable }} {{ {'a': 1} | attr('a') is defined }} {{ 'x' | attr('upper') is callable }}
{{ [1, 2, 1].count(1) }} {{ [1, 2].index(2) }} {{ (1, 2).index(1) }} {{ [1].append is defined }} {{ {'a': 1}.update is defined }} {{ {'a': 1}.pop is defined }} {{ [1, 2].copy() }} {{ {'a': 1}.copy() }} {{ {'get': 5}.get('get') }} {{ {'get': 5}['get'] }} {{ {'items': 5}.items() }} {{ {'a': 1}.get(none, 'z') }} {{ {1: 2}.get(true) }} {{ [1, 2][true] }} {{ [1, 2][1.0] is defined }} {{ 'abc'[-4] is defined }} {{ {}['__class__'] is defined }} {{ ''.__class__ is defined }}
{{ ('a', 'b') == ['a', 'b'] }} {{ (1, 2) < (1, 3) }} {{ [1] == [1.0] }} {{ {'a': 1} == {'a': 1.0} }} {{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }} {{ 1 is sameas true }} {{ true is sameas true }} {{ none is sameas none }} {{ 1 is sameas 1 }} {{ [] is sameas [] }} {{ 2.0 is even }} {{ 1 is eq(1) is true }} {{ 3.5 is odd }} {{ 6 is divisibleby(3) }} {{ 'upper' is filter }} {{ 'nosuch' is filter }} {{ 'odd' is test }} {{ 'a' is in 'abc' }} {{ 1 is lower }} {{ 'É' is upper }} {{ '' is lower }} {{ 1.0 is number }} {{ true is number }} {{ true is integer }} {{ '<' | e is escaped }} {{ 'x' is escaped }}
{{ ('<a>' | e) + '<b>' }} {{ '<b>' + ('<a>' | safe) }} {{ '<a>' | e | e }} {{ '<a>' | e | forceescape }} {{ ('<' | safe) ~ '<' }} {{ ('<' | safe) * 2 }} {{ ['<' | safe, '<'] | join }} {{ ('<' | e | trim) + '>' }} {{ ('<' | safe) == '<' }}
""".strip("\n").split("\n")

TEXTS = """
{{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('-') }} {{ 'abc'.rpartition('-') }} {{ ' a b  c '.rsplit(None, 1) }} {{ ' a b  c '.split(None, 1) }} {{ ' a b  c '.split(None, 9) }} {{ 'a b c'.rsplit() }} {{ 'a b c'.rsplit(maxsplit=1) }} {{ 'a,b'.split(',', maxsplit=1) }} {{ 'a\\r\\nb\\x0bc\\x85d\\u2028e\\n'.splitlines() }} {{ 'a\\nb'.splitlines(true) }} {{ 'a\\n\\nb\\n'.splitlines(keepends=true) }}
{{ 'ab'.center(7, '*') }} {{ 'ab'.center(5) }}| {{ 'abc'.center(6, '-') }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3, '.') }} {{ '-7'.zfill(4) }} {{ '7'.zfill(3) }} {{ 'a\\tb'.expandtabs() }} {{ 'a\\tb\\n\\tc'.expandtabs(4) }} {{ 'aBc'.swapcase() }} {{ 'ABC'.casefold() }} {{ 'abc'.index('c') }} {{ 'abcabc'.rindex('b') }} {{ 'abcabc'.find('b', 2) }} {{ 'abcabc'.find('b', 0, 1) }} {{ 'abcabc'.rfind('b', 0, 3) }} {{ 'größe'.find('e', -2) }}
{{ 'abc'.islower() }} {{ 'ABC'.isupper() }} {{ 'Abc Def'.istitle() }} {{ 'abc'.isascii() }} {{ 'ä'.isascii() }} {{ ''.isascii() }} {{ 'a\\n'.isprintable() }} {{ 'a1'.isalnum() }} {{ '12'.isdecimal() }} {{ '12'.isnumeric() }} {{ 'abc'.startswith('b', 1) if false else 'skip' }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ ''.join([]) }} {{ 'x'.join({'a': 1, 'b': 2}) }}
{{ 'the quick brown fox jumps over' | truncate(15) }}|{{ 'the quick brown fox' | truncate(12, true) }}|{{ 'the quick brown fox' | truncate(12, false, '…', 0) }}|{{ 'short' | truncate(3) }}|{{ 'abcdefghijkl' | truncate(5) }}|{{ 'abcdefghijkl' | truncate(5, leeway=0) }}
{{ 'the quick brown fox jumps' | wordwrap(10) }}|{{ 'aaaaaaaaaaaaaaa b' | wordwrap(5) }}|{{ 'aaaaaaaaaaaaaaa b' | wordwrap(5, false) }}|{{ 'one two\\nthree  four five' | wordwrap(9, wrapstring='/') }}|{{ 'well-known state-of-the-art thing' | wordwrap(8) }}|{{ 'a\\n\\nb' | wordwrap(5) }}|{{ 'x' | wordwrap }}
{{ 'a\\r\\nb' | indent(2) }}|{{ 'a\\n' | indent(2) }}|{{ '' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(1, true, true) }}|{{ 'x\\x0by' | indent(1) }}|{{ 'ab' | center(7) }}|{{ 'x' | center(4) }}|{{ "it's o'neil's x-ray (foo)" | title }}|{{ 'éCOLE ß' | capitalize }}|{{ 'ǆ' | title }}|{{ 'a b_c d-e 1x' | wordcount }}|{{ '' | wordcount }}
{{ 'aXbX'.replace('X', '-', 1) }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 121 | replace(1, 'x') }} {{ 'abc' | replace('', '.') }} {{ 'xxhixx' | trim('x') }} {{ 'hi' | trim('') }} {{ 12 | string | length }} {{ 'a' * 0 }}|{{ 'a' * -1 }}|{{ 3 * 'ab' }} {{ [1, 2] * 2 }} {{ (1,) * 2 }} {{ 'b' > 'a' }} {{ 'a' < 'B' }} {{ 'abc' | list | last }} {{ 'a,b'.split(',') | map('upper') | join('+') }}
""".strip("\n").split("\n")

# White space control, as raw texts.
SPACES = [
    "a\n  {% if true %}\n  b\n  {% endif %}\nc\n",
    "a {% if true %} b {% endif %} c\n\n",
    "a\n\t {%- if true %}\n  b\n  {%- endif %}\nc",
    "a\n  {%+ if true %}\n  b\n  {% endif +%}\nc",
    "a\n  {{ 1 }}\n  {{- 2 }}\n  {{ 3 -}}\n  d",
    "  {% set x = 1 %}  {{ x }}\n",
    "x{# c #}\ny\n  {# c #}\nz\n  {#- c -#}\n  w",
    "{{ 1 }}   {% if true %}z{% endif %}\n",
    "a\r\nb\r\n{% if true %}\r\nc{% endif %}\rd",
    "{% for i in [1, 2] %}\n{{ i }}\n{% endfor %}\n",
    "{% for i in [1, 2] %}\n  {{ i }}\n  {% endfor %}\n\n end",
    "{% raw %}\n {{ x }} \n{% endraw %}\nq",
    "{%- raw -%}  a  {%- endraw -%}  b",
    "\n\n{%- if true -%}\n\n x \n\n{%- endif -%}\n\n",
    "{{ '}}' }}{{ '%}' }}{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a': {}} }}",
    "100% {sure} { { } } # { % %}",
    "{%if true%}tight{%endif%}{{1}}{{-1}}{{+1}}{{ - 1 }}",
]

# What must fail (any error of Jinja2; the texts of ours differ).
FAILING = [
    "{{ x.y }}", "{{ x() }}", "{{ 1 + 'a' }}", "{{ 'a' + 1 }}", "{{ 1 / 0 }}", "{{ 1 % 0 }}", "{{ x + 1 }}", "{{ 1 < 'a' }}",
    "{{ 'a' | nosuchfilter }}", "{{ 1 is nosuchtest }}", "{{ 'a'.nosuchmethod() }}", "{{ 5() }}", "{% for i in 5 %}{% endfor %}",
    "{{ 1 in 5 }}", "{{ 5 | length }}", "{% set a, b = 1, 2, 3 %}", "{% set x.y = 1 %}", "{{ [1, 2][::0] }}", "{{ x[0] }}",
    "{{ '' | join('a' | nosuch) }}", "{{ range(0, 10, 0) }}", "{{ 'a'.split('') }}",
    "{{", "{{ 1", "{% if %}{% endif %}", "{% if true %}", "{% endif %}", "{% for %}{% endfor %}", "{% nosuch %}", "{{ 1 + }}",
    "{{ (1 }}", "{{ [1 }}", "{{ 'a }}", "{# open", "{{ } }}", "{{ a b }}", "{% else %}", "{% set %}", "{{ f(a=1, 2) }}", "{{ 1 | }}",
    "{{ x is }}", "{% macro %}{% endmacro %}", "{{ $ }}", "{% raw %} x", "{{ {'a' 1} }}", "{% for a in %}{% endfor %}", "{{ ! }}",
    "{% break %}", "{{ raise_exception('own words') }}", "{{ {[]: 1} }}",
    # nothing, where it is not allowed
    "{{ none | length }}", "{{ none | list }}", "{{ none | join }}", "{{ none | sort }}", "{{ none | first }}", "{{ none | last }}",
    "{{ none | items | list }}", "{{ none | sum }}", "{{ none | unique | list }}", "{{ none | reverse }}", "{{ none | dictsort }}",
    "{{ none | indent }}", "{{ x | indent }}", "{{ 5 | indent }}", "{{ x | int }}", "{{ x | float }}", "{{ x | abs }}", "{{ none | abs }}",
    "{{ x | round }}", "{{ x | tojson }}", "{{ none | batch(2) | list }}", "{{ none | groupby('a') }}", "{{ none.a.b }}", "{{ x.a.b }}",
    "{{ none() }}", "{{ none + 1 }}", "{{ none < 1 }}", "{{ x < 1 }}", "{{ x in 'abc' }}", "{{ none in 'abc' }}", "{{ 1 in none }}", "{{ x[1:] }}",
    "{% set n = none %}{{ n[1:] }}", "{{ -x }}", "{{ 5 | map('upper') | list }}", "{{ 5 | select | list }}", "{% for a in none %}{% endfor %}",
    "{% set a, b = x %}", "{{ [{}] | map(attribute='a.b') | list }}", "{{ none | xmlattr }}", "{{ x | dictsort }}", "{{ none | wordwrap }}",
    # iterators
    "{{ [1] | select | length }}", "{{ [1] | map('string') | last }}", "{{ ([1] | select) + [2] }}", "{{ [1] | select | tojson }}",
    "{{ range(3) | tojson }}", "{{ range(3) + [1] }}", "{{ {'a': 1}.items() | tojson }}", "{{ ([1] | select)[1:] }}", "{{ [1] | reverse | length }}",
    "{{ [3] | unique | length }}", "{{ {'a': 1} | items | length }}",
    # calls
    "{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{% endmacro %}{{ f(b=1) }}", "{% macro f(a) %}{% endmacro %}{{ f(1, a=2) }}",
    "{% macro f() %}{% endmacro %}{% call f() %}{% endcall %}", "{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}", "{% call 5 %}{% endcall %}",
    "{% call x() %}{% endcall %}", "{% macro m() %}{{ caller() }}{% endmacro %}{% macro n() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{% call n() %}{% endcall %}", "{% for a in [1] %}{{ loop([2]) }}{% endfor %}", "{% for a in [1] %}{{ loop.cycle() }}{% endfor %}",
    "{% macro f(a=1, b) %}{% endmacro %}", "{{ dict(1) }}", "{{ namespace(1) }}", "{% generation %}{% break %}{% endgeneration %}",
    "{% for a in [1] %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{{ f(*1) }}", "{{ dict(**1) }}",
    # formats
    "{{ '%d' % 'x' }}", "{{ '%s %s' % 'x' }}", "{{ '%s' % (1, 2) }}", "{{ 'x' % 1 }}", "{{ '%' % 1 }}", "{{ '%q' % 1 }}", "{{ '%(a)s' % {} }}",
    "{{ '%(a)s' % 1 }}", "{{ '{}'.format() }}", "{{ '{x}'.format(1) }}", "{{ '{'.format() }}", "{{ '}'.format() }}", "{{ '{:d}'.format('a') }}",
    "{{ '{:5}'.format(none) }}", "{{ '{:5}'.format([]) }}", "{{ '{:s}'.format(1) }}", "{{ '{!q}'.format(1) }}", "{{ '%s' | format(1, a=2) }}", "{{ '%x' % 1.5 }}",
    # methods and filters
    "{{ [1].append(2) }}", "{{ {'a': 1}.update({}) }}", "{{ {'a': 1}.pop('a') }}", "{{ 'a'.index('b') }}", "{{ [1].index(2) }}", "{{ ''.__class__() }}",
    "{{ 'a'.center(5, 'xx') }}", "{{ 'a'.partition('') }}", "{{ ','.join([1]) }}", "{{ [1, 'a'] | sort }}", "{{ ['a'] | sum }}", "{{ {'a': 1} | dictsort(by='x') }}",
    "{{ 1 | round(1, 'up') }}", "{{ [1] | slice(0) | list }}", "{{ [1] | groupby }}", "{{ [1] | batch | list }}", "{{ {'a b': 1} | xmlattr }}", "{{ [1] | map | list }}",
    "{{ [{'a': 1}] | selectattr | list }}", "{{ 'abcdef' | truncate(2) }}", "{{ 'a' | wordwrap(0) }}", "{{ 'a' is even }}", "{{ 1 is divisibleby 0 }}", "{{ 1 is in 5 }}",
    "{% include 'a' %}", "{% import 'a' as b %}", "{% from 'a' import b %}", "{% extends 'a' %}", "{% do 1 %}", "{{ [1] | sort(attribute='a.b') }}", "{{ x | attr('a') }}", "{{ 1 is number is true }}", "{{ [{}] | unique | list }}", "{{ [[1]] | unique | list }}",
]


# Templates that read more than role and content: (name, template, messages, variables).
def call(name, arguments): return {"type": "function", "id": "c1", "function": {"name": name, "arguments": arguments}}


TOOL = {"type": "function", "function": {"name": "f", "description": "D <\n", "parameters": {
    "type": "object", "properties": {"z": {"type": "string"}, "a": {"type": ["integer", "null"], "minimum": 1.5}}, "required": ["z"]}}}
THINKING = """{%- for m in messages %}
    {%- if m.role == 'assistant' %}
        {%- set thought = m.reasoning_content if m.reasoning_content is string else '' %}
        {{- '<a>\n' }}{%- if thought %}{{- '<think>\n' + thought + '\n</think>\n\n' }}{%- endif %}{{- (m.content or '') + '</a>' }}
    {%- else %}
        {{- '<u>' + m.content + '</u>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<a>\n' }}{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}
{%- endif %}"""
CHANNELS = """{%- macro tool_list(name, items) %}{{ name }}:{% for t in items %}{{ t.function.name }},{% endfor %}{% endmacro %}
{%- macro head() %}
    {%- if model_identity is not defined %}{%- set model_identity = 'You are a model.' %}{%- endif %}
    {{- model_identity + ' ' }}
    {%- if reasoning_effort is not defined %}{%- set reasoning_effort = 'medium' %}{%- endif %}
    {{- 'Reasoning: ' + reasoning_effort + ' ' }}
    {%- if builtin_tools is defined and 'python' in builtin_tools %}{{- 'python ' }}{%- endif %}
{%- endmacro %}
{{- '<s>' + head() }}{% if tools %}{{ tool_list('functions', tools) }}{% endif %}
{%- for m in messages %}
    {%- if m.role == 'assistant' %}
        {%- if m.thinking and loop.last and not add_generation_prompt %}{{- '<|start|>assistant<|channel|>analysis<|message|>' + m.thinking + '<|end|>' }}{%- endif %}
        {%- if m.tool_calls %}
            {%- for c in m.tool_calls %}{{- '<call>' + c.function.name + ' ' + (c.function.arguments | tojson) }}{%- endfor %}
        {%- else %}{{- '<|start|>assistant<|channel|>final<|message|>' + m.content + '<|return|>' }}{%- endif %}
    {%- elif m.content is string %}{{- '<|start|>' + m.role + '<|message|>' + m.content + '<|end|>' }}
    {%- else %}{{- '<|start|>' + m.role }}{% for part in m.content %}{{ part.text if part.type == 'text' else '[' ~ part.type ~ ']' }}{% endfor %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start|>assistant' }}{%- endif %}"""
DEFAULTS = """{%- set date = date_string if date_string is defined else '1 Jan' %}{%- set style = style | default('plain') %}
{%- if not budget is defined %}{%- set budget = 512 %}{%- endif %}{{ date }}|{{ style }}|{{ budget + 1 }}|
{%- if xml_tools or tools %}{% for t in xml_tools[:] %}{{ t }}{% endfor %}{% endif %}
{%- if mode == 'short' or mode == 'long' %}{{ mode }}{% endif %}{{ 'on' if verbose else 'off' }}
{%- for d in documents or [] %}[{{ d.title }}]{% endfor %}{%- if quiet is not defined or quiet %}{{- 'quiet' }}{%- endif %}"""
MORE_CHAT = [user("q"), bot("a1") | {"reasoning_content": "r1", "thinking": "r1"}, user("w"), bot("a2") | {"reasoning_content": "r2", "thinking": "r2"}]
GIVEN = [
    ("thinking, absent", THINKING, MORE_CHAT, {}),
    ("thinking, on", THINKING, MORE_CHAT, {"enable_thinking": True}),
    ("thinking, off", THINKING, MORE_CHAT, {"enable_thinking": False}),
    ("thinking, none content", THINKING, [user("q"), {"role": "assistant", "content": None}], {}),
    ("channels", CHANNELS, MORE_CHAT, {}),
    ("channels, tools", CHANNELS, [user("q"), {"role": "assistant", "content": None, "tool_calls": [call("f", {"z": "ü", "a": None, "b": [1, 2.5, True]})]},
                                   {"role": "tool", "name": "f", "tool_call_id": "c1", "content": "r"}],
     {"tools": [TOOL], "reasoning_effort": "high", "builtin_tools": ["python"], "model_identity": "Me."}),
    ("channels, parts", CHANNELS, [user([{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}])], {}),
    ("defaults", DEFAULTS, [], {"documents": []}),
    ("defaults, given", DEFAULTS, [], {"date_string": "2 Feb", "style": "bold", "budget": 7, "xml_tools": ["x", {"b": 1, "a": 2}], "mode": "long",
                                       "verbose": True, "documents": [{"title": "T"}], "quiet": False}),
    ("defaults, refused", DEFAULTS, [], {"documents": 5}),
    ("tools as JSON", "{{ tools | tojson }}{{ messages | tojson(indent=2) }}", [user("q") | {"name": "n", "x": {"z": 1, "a": [None, False]}}], {"tools": [TOOL]}),
]


def render(source, messages, add, variables):
    given = {"tools": None, "documents": None, **variables}
    return env.from_string(source).render(messages=messages, add_generation_prompt=add, bos_token="<s>", eos_token="</s>", **given)


def main():
    cases = []

    def add_case(name, source, messages, add, variables={}):
        case = {"name": name, "template": source, "messages": messages, "add_generation_prompt": add}
        if variables:
            case["variables"] = variables
        try:
            case["undeclared"] = sorted(jinja2.meta.find_undeclared_variables(env.parse(source)))
        except jinja2.TemplateSyntaxError:
            pass
        try:
            case["text"] = render(source, messages, add, variables)
        except Raised as error:
            case["raised"] = str(error)
        except Exception as error:
            case["fails"] = type(error).__name__
        cases.append(case)

    for name, source in CHAT_TEMPLATES.items():
        for index, chat in enumerate(CHATS):
            for add in (True, False):
                add_case(f"{name}, chat {index}, {'with' if add else 'without'} prompt", source, chat, add)
    for name, source, messages, variables in GIVEN:
        for add in (True, False):
            add_case(f"given: {name}, {'with' if add else 'without'} prompt", source, messages, add, variables)
    for index, source in enumerate(SNIPPETS):
        add_case(f"snippet {index}", source, [], True)
    for kind, sources in {"nothing": NOTHING, "iterators": ITERATORS, "statements": STATEMENTS, "formats": FORMATS,
                          "collections": COLLECTIONS, "texts": TEXTS}.items():
        for index, source in enumerate(sources):
            add_case(f"{kind} {index}", source, [], True)
    for index, source in enumerate(SPACES):
        add_case(f"white space {index}", source, [], True)
    for source in FAILING:
        add_case(f"must fail: {source}", source, [], True)
    for case in cases:
        if case["name"].startswith("must fail"):
            assert "text" not in case, case
        elif "chat" not in case["name"] and "refused" not in case["name"]:
            assert "text" in case, case
    json.dump({"origin": f"Jinja2 {jinja2.__version__} (make_chat_templates.py)", "cases": cases}, sys.stdout,
              ensure_ascii=False, indent=1)
    print()


if len(sys.argv) > 1:
    sys.exit("usage: make_chat_templates.py > chat_templates.json")
main()
