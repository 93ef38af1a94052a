"""Chat templates of families of models, in our own words, each with the ways of its family."""

from __future__ import annotations

from collections.abc import Mapping


def chatml(picture: str, *, system: str = "", thinks: bool = False) -> str:
    """The Qwen way: ``<|im_start|>role``, pictures where they stand, perhaps a system prompt or a thought begun."""
    head = f"<|im_start|>system\\n{system}<|im_end|>\\n"
    first = "{%- if messages[0].role != 'system' -%}{{- '" + head + "' -}}{%- endif -%}" if system else ""
    opening = "<think>\\n" if thinks else ""
    return (
        first
        + "{%- for message in messages -%}{{- '<|im_start|>' + message.role + '\\n' -}}"
        + "{%- if message.content is string -%}{{- message.content -}}{%- else -%}"
        + "{%- for part in message.content -%}"
        + "{%- if part.type == 'image' -%}{{- '"
        + picture
        + "' -}}{%- elif 'text' in part -%}{{- part.text -}}{%- endif -%}{%- endfor -%}{%- endif -%}"
        + "{{- '<|im_end|>\\n' -}}{%- endfor -%}"
        + "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n"
        + opening
        + "' -}}{%- endif -%}"
    )


IDEFICS = (
    "<|im_start|>{%- for message in messages -%}{{- message.role | capitalize -}}"
    "{%- if message.content[0].type == 'image' -%}{{- ':' -}}{%- else -%}{{- ': ' -}}{%- endif -%}"
    "{%- for part in message.content -%}{%- if part.type == 'text' -%}{{- part.text -}}"
    "{%- elif part.type == 'image' -%}{{- '<image>' -}}{%- endif -%}{%- endfor -%}"
    "{{- '<end_of_utterance>\\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%}"
)

GEMMA = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}"
    "{{- raise_exception('user and assistant must take turns') -}}{%- endif -%}"
    "{{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}{{- '<start_of_image>' -}}"
    "{%- else -%}{{- part.text | trim -}}{%- endif -%}{%- endfor -%}"
    "{{- '<end_of_turn>\\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<start_of_turn>model\\n' -}}{%- endif -%}"
)

GEMMA4 = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{{- '<|turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}{{- '<|image|>' -}}"
    "{%- else -%}{{- part.text | trim -}}{%- endif -%}{%- endfor -%}"
    "{{- '<turn|>\\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|turn>model\\n' -}}{%- endif -%}"
)

LLAVA = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}{{- 'USER: ' -}}"
    "{%- for part in message.content if part.type == 'image' -%}{{- '<image>\\n' -}}{%- endfor -%}"
    "{%- for part in message.content if part.type == 'text' -%}{{- part.text + ' ' -}}{%- endfor -%}"
    "{%- else -%}{{- 'ASSISTANT: ' -}}"
    "{%- for part in message.content -%}{{- part.text -}}{%- endfor -%}{{- '</s>' -}}{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- 'ASSISTANT:' -}}{%- endif -%}"
)

LLAVA_NEXT = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}{{- '[INST] ' -}}"
    "{%- for part in message.content if part.type == 'image' -%}{{- '<image>\\n' -}}{%- endfor -%}"
    "{%- for part in message.content if part.type == 'text' -%}{{- part.text -}}{%- endfor -%}{{- ' [/INST]' -}}"
    "{%- else -%}{{- ' ' -}}{%- for part in message.content -%}{{- part.text -}}{%- endfor -%}{{- '</s>' -}}"
    "{%- endif -%}{%- endfor -%}"
)

MISTRAL = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}{{- '[INST]' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}{{- '[IMG]' -}}"
    "{%- else -%}{{- part.text -}}{%- endif -%}{%- endfor -%}{{- '[/INST]' -}}"
    "{%- elif message.role == 'assistant' -%}{%- for part in message.content -%}{{- part.text -}}{%- endfor -%}"
    "{{- eos_token -}}{%- else -%}{{- raise_exception('only user and assistant may speak') -}}{%- endif -%}"
    "{%- endfor -%}"
)

GLM = (
    "[gMASK]<sop>{%- for message in messages -%}{{- '<|' + message.role + '|>\\n' -}}"
    "{%- for part in message.content -%}{%- if part.type == 'image' -%}"
    "{{- '<|begin_of_image|><|image|><|end_of_image|>' -}}{%- else -%}{{- part.text -}}{%- endif -%}{%- endfor -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}"
)

TEXT_TEMPLATES: Mapping[str, str] = {
    # contents are strings, as in most models of words alone
    "llama": (
        "{{- bos_token -}}{%- for message in messages -%}"
        "{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim -}}"
        "{{- '<|eot_id|>' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}{%- endif -%}"
    ),
    # thoughts are taken out of all answers but the last, unless told otherwise
    "qwen": (
        "{%- for message in messages -%}{{- '<|start_header_id|>' + message.role + '\\n' -}}"
        "{%- if message.role == 'assistant' and not loop.last and not preserve_thinking | default(false) -%}"
        "{{- message.content.split('</think>')[-1] -}}{%- else -%}{{- message.content -}}{%- endif -%}"
        "{{- '<|eot_id|>' -}}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{- '<|start_header_id|>assistant\\n<think>\\n' -}}{%- endif -%}"
    ),
}
"""Chat templates of models of words alone."""
