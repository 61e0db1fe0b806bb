#!/usr/bin/env python3
"""Writes chat_templates.json: templates, conversations and what Jinja2 itself renders.

The templates are written for this test, with the constructs that published chat templates use. The environment is the
one of Hugging Face transformers: ImmutableSandboxedEnvironment, trim_blocks, lstrip_blocks, loop controls, its tojson.
Run:  python3 make_chat_templates.py > chat_templates.json   (Debian's python3-jinja2)
"""
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    """{% generation %} … {% endgeneration %} as plain scope."""
    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


class Raised(Exception):
    pass


def raise_exception(message):
    raise Raised(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                    extensions=[Generation, jinja2.ext.loopcontrols])
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception

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
]


def render(source, messages, add):
    return env.from_string(source).render(messages=messages, add_generation_prompt=add, bos_token="<s>", eos_token="</s>",
                                          tools=None, documents=None)


def main():
    cases = []

    def add_case(name, source, messages, add):
        case = {"name": name, "template": source, "messages": messages, "add_generation_prompt": add}
        try:
            case["text"] = render(source, messages, add)
        except Raised as error:
            case["raised"] = str(error)
        except Exception as error:
            case["fails"] = type(error).__name__
        cases.append(case)

    for name, source in CHAT_TEMPLATES.items():
        for index, chat in enumerate(CHATS):
            for add in (True, False):
                add_case(f"{name}, chat {index}, {'with' if add else 'without'} prompt", source, chat, add)
    for index, source in enumerate(SNIPPETS):
        add_case(f"snippet {index}", source, [], True)
    for index, source in enumerate(SPACES):
        add_case(f"white space {index}", source, [], True)
    for source in FAILING:
        add_case(f"must fail: {source}", source, [], True)
    for case in cases:
        if case["name"].startswith("must fail"):
            assert "text" not in case, case
        elif "chat" not in case["name"]:
            assert "text" in case, case
    json.dump({"origin": f"Jinja2 {jinja2.__version__} (make_chat_templates.py)", "cases": cases}, sys.stdout,
              ensure_ascii=False, indent=1)
    print()


if len(sys.argv) > 1:
    sys.exit("usage: make_chat_templates.py > chat_templates.json")
main()
