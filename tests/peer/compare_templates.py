#!/usr/bin/env python3
"""Chat templates by Jinja2, as Hugging Face transformers sets it up, and by ours: byte for byte, refusals included.

Usage: compare_templates.py RENDER_TEMPLATES FOLDER [--show N] [--variables]
RENDER_TEMPLATES is the program of that name (tests/bench); FOLDER holds *.jinja files, tokenizer_config.json files or
files of other names with a "chat_template". Needs Python's jinja2.
"""
import argparse
import collections
import difflib
import itertools
import json
import pathlib
import subprocess
import sys

import jinja2
import jinja2.meta

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "data" / "tokenizer"))
from transformers_jinja import Raised, make_environment

FIXED_DATE = "2025-07-04"


def user(content, **more): return {"role": "user", "content": content, **more}
def bot(content, **more): return {"role": "assistant", "content": content, **more}
def system(content): return {"role": "system", "content": content}
def call(name, arguments, **more): return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


TOOLS = [{"type": "function", "function": {
    "name": "get_weather", "description": "The weather of a place.\nNow or later.",
    "parameters": {"type": "object", "properties": {
        "place": {"type": "string", "description": "City \"and\" country, e.g. Köln <DE>"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
        "days": {"type": "integer", "description": "How many", "minimum": 1},
        "extra": {"type": ["string", "null"], "description": "More"},
        "list": {"type": "array", "items": {"type": "number"}},
        "object": {"type": "object", "properties": {"a": {"type": "boolean"}}}},
        "required": ["place"]},
    "return": {"type": "string", "description": "A sentence"}}},
    {"type": "function", "function": {"name": "now", "description": "The time", "parameters": {"type": "object", "properties": {}}}}]

CALLS = [call("get_weather", {"place": "Köln", "days": 2, "list": [1, 2.5], "flag": True, "none": None}, id="call_0001")]

CONVERSATIONS = {
    "user": [user("Hi there")],
    "system": [system(" You are terse.\n"), user("  What is 2 + 2?\n")],
    "turns": [system("S"), user("a"), bot(" b "), user("Größe? 日本語 🙂 <b>&\"'\\"), bot("d\n"), user("e")],
    "ends with assistant": [user("a"), bot("b <think>x</think>\n\nc")],
    "reasoning": [user("a"), bot("b", reasoning_content="R1\nr", thinking="R1\nr"), user("c"), bot("d", reasoning_content="R2", thinking="R2")],
    "thinks inline": [user("a"), bot("<think>\nt1\n</think>\n\nb"), user("c"), bot("<think>t2</think>d")],
    "tool call": [system("S"), user("Weather?"), bot("", tool_calls=CALLS)],
    "tool result": [user("Weather?"), bot(None, tool_calls=CALLS),
                    {"role": "tool", "content": "{\"t\": 21}", "name": "get_weather", "tool_call_id": "call_0001"}],
    "tool answered": [system("S"), user("Weather?"), bot("Let me see", tool_calls=CALLS, reasoning_content="I look", thinking="I look"),
                      {"role": "tool", "content": "21 °C", "name": "get_weather", "tool_call_id": "call_0001"},
                      {"role": "tool", "content": "22 °C", "name": "get_weather", "tool_call_id": "call_0001"},
                      bot("It is 21 °C."), user("Thanks")],
    "two calls": [user("q"), bot("", tool_calls=CALLS + [call("now", {}, id="call_0002")]),
                  {"role": "tool", "content": "x", "tool_call_id": "call_0001"}, {"role": "tool", "content": "y", "tool_call_id": "call_0002"}],
    "arguments as text": [user("q"), bot("", tool_calls=[call("now", "{\"a\": 1}", id="abcdefghi")])],
    "calls without function": [user("q"), bot(None, tool_calls=[{"name": "now", "arguments": {"a": 1}, "id": "abcdefghi"}])],
    "parts": [user([{"type": "text", "text": " one "}, {"type": "text", "text": "two"}]), bot([{"type": "text", "text": "answer"}]), user("x")],
    "image": [system([{"type": "text", "text": "sys"}]), user([{"type": "image"}, {"type": "text", "text": "what?"}])],
    "content none": [user("a"), bot(None), user("b")],
    "no content": [user("a"), {"role": "assistant"}, user("b")],
    "developer": [{"role": "developer", "content": "D"}, user("a")],
    "odd role": [{"role": "oracle", "content": "o"}, user("a")],
    "two users": [user("a"), user("b")],
    "only system": [system("alone")],
    "nobody": [],
    "named": [user("a", name="Ann"), bot("b", name="Bob"), user("c")],
}

VARIABLES = {
    "": {}, "thinking on": {"enable_thinking": True, "thinking": True}, "thinking off": {"enable_thinking": False, "thinking": False},
    "tools": {"tools": TOOLS}, "tools, thinking off": {"tools": TOOLS, "enable_thinking": False, "thinking": False},
    "empty tools": {"tools": []},
    "documents": {"documents": [{"title": "T", "text": "Text\n1", "doc_id": 3}, {"title": "U", "text": "2", "contents": "c"}]},
    "many": {"date_string": "1 Jan 2025", "reasoning_effort": "high", "builtin_tools": ["browser", "python", "code_interpreter", "wolfram_alpha"],
             "xml_tools": TOOLS, "python_tools": ["def f(): pass"], "custom_instructions": "C", "model_identity": "I am M.",
             "thinking_budget": 512, "tools_in_user_message": False, "keep_cots": True, "citations": True, "add_vision_id": True,
             "controls": {"length": "short", "originality": "high"}, "clear_thinking": False, "functions": "F", "datetime": "D"},
}


def templates_of(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix == ".jinja":
            yield path.relative_to(folder).as_posix(), path.read_bytes().decode()
        elif path.suffix == ".json":
            try:
                found = json.loads(path.read_text())
            except ValueError:
                continue
            source = found.get("chat_template") if isinstance(found, dict) else None
            for i, one in enumerate(source if isinstance(source, list) else [source]):
                text = one.get("template") if isinstance(one, dict) else one
                if text:
                    yield f"{path.relative_to(folder).as_posix()}#{i}", text


class Ours:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.process.args[0]} ended")
        return json.loads(answer)


def theirs(template, messages, variables, add):
    if isinstance(template, Exception):
        return {"error": f"{type(template).__name__}: {template}", "raised": False}
    given = {"bos_token": "<s>", "eos_token": "</s>", "tools": None, "documents": None, **variables}
    try:
        return {"text": template.render(messages=messages, add_generation_prompt=add, **given)}
    except Raised as error:
        return {"error": str(error), "raised": True}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "raised": False}


def difference(expected, found):
    if "text" in expected and "text" in found:
        lines = difflib.unified_diff(expected["text"].split("\n"), found["text"].split("\n"), "Jinja2", "ours", lineterm="", n=0)
        return "\n".join(itertools.islice(lines, 12))
    return f"Jinja2: {str(expected)[:300]}\nours:   {str(found)[:300]}"


def kind_of(expected, found):
    if "text" in expected:
        return "equal" if found.get("text") == expected["text"] else "other text" if "text" in found else "only Jinja2 renders"
    if "text" in found:
        return "only ours renders"
    return "both refuse" if not expected["raised"] or (found["raised"] and found["error"] == expected["error"].strip()) else "other words"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--show", type=int, default=3, help="differences to print")
    parser.add_argument("--variables", action="store_true", help="print what each template reads")
    options = parser.parse_args()
    env = make_environment()
    ours = Ours(options.program)
    kinds, bad, shown, count = collections.Counter(), collections.Counter(), 0, 0
    for name, source in templates_of(options.folder):
        # The time of day would differ: both see a fixed one.
        source = "{%- macro strftime_now(f) -%}" + FIXED_DATE + "{%- endmacro -%}\n" + source if "strftime_now" in source else source
        count += 1
        described = ours.ask({"template": source, "bos": "<s>", "eos": "</s>"})
        try:
            template = env.from_string(source)
            undeclared = jinja2.meta.find_undeclared_variables(env.parse(source))
            strange = {v["name"] for v in described.get("variables", [])} - undeclared
            if strange:
                print(f"{name}: variables that Jinja2 does not know of: {sorted(strange)}")
        except Exception as error:
            template = error
        if options.variables:
            print(name, json.dumps(described, ensure_ascii=False))
        for (chat, messages), (given, variables), add in itertools.product(CONVERSATIONS.items(), VARIABLES.items(), (True, False)):
            expected = theirs(template, messages, variables, add)
            found = ours.ask({"messages": messages, "variables": variables, "add_generation_prompt": add})
            kind = kind_of(expected, found)
            kinds[kind] += 1
            if kind in ("equal", "both refuse"):
                continue
            bad[name] += 1
            if shown < options.show and bad[name] == 1:
                shown += 1
                print(f"--- {name}: {chat}, {given or 'no variables'}, {'with' if add else 'without'} prompt: {kind}\n{difference(expected, found)}")
    for name, number in bad.most_common():
        print(f"{number:5} cases differ: {name}")
    print(f"{count} templates, {sum(kinds.values())} cases: " + ", ".join(f"{n} {k}" for k, n in kinds.most_common()))
    sys.exit(1 if bad else 0)


main()
