"""Small files with every key that the formats are known to have, whether samples have it or not."""

from __future__ import annotations

from typing import Any


def _m(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


_OPEN_WEBUI: dict[str, Any] = {
    "id": "chat-1",
    "user_id": "u",
    "title": "The title",
    "created_at": 1700000000,
    "updated_at": 1700000100,
    "share_id": "share-1",
    "archived": True,
    "pinned": True,
    "folder_id": "folder-1",
    "meta": {"tags": ["tag-a"]},
    "chat": {
        "id": "chat-2",
        "title": "Inner title",
        "models": ["model-a", "model-b"],
        "params": {"temperature": 0.875, "system": "Sys prompt"},
        "tags": ["tag-b"],
        "timestamp": 1700000000123,
        "files": [{"id": "file-1", "name": "a.txt"}],
        "history": {
            "currentId": "b",
            "messages": {
                "a": {
                    "id": "a",
                    "parentId": None,
                    "childrenIds": ["b", "c"],
                    "role": "user",
                    "content": "question",
                    "timestamp": 1700000001,
                    "models": ["model-a", "model-b"],
                    "files": [{"type": "image", "url": "http://i.mg/1.png"}],
                    "userContext": "ctx 1",
                },
                "b": {
                    "id": "b",
                    "parentId": "a",
                    "childrenIds": [],
                    "role": "assistant",
                    "content": "answer b",
                    "timestamp": 1700000002,
                    "model": "model-a",
                    "modelName": "Model A",
                    "modelIdx": 0,
                    "done": True,
                    "usage": {"prompt_tokens": 11, "completion_tokens": 22, "eval_rate": 33.5},
                    "info": {"note": "info text"},
                    "sources": [
                        {
                            "source": {"name": "src name", "url": "http://s.rc"},
                            "document": ["doc text"],
                            "metadata": [{"source": "http://s.rc", "page": 41}],
                        }
                    ],
                    "statusHistory": [{"action": "web_search", "description": "searching it"}],
                    "annotation": {"rating": 1, "comment": "very nice"},
                    "favorite": True,
                    "error": {"content": "error text"},
                    "output": [
                        {
                            "type": "reasoning",
                            "content": [{"type": "output_text", "text": "thought b"}],
                        },
                        {
                            "type": "message",
                            "content": [{"type": "output_text", "text": "answer b"}],
                        },
                        {
                            "type": "function_call",
                            "call_id": "fc-1",
                            "name": "fname",
                            "arguments": "{}",
                            "status": "completed",
                        },
                        {
                            "type": "function_call_output",
                            "call_id": "fc-1",
                            "output": [{"type": "input_text", "text": "tool said"}],
                        },
                    ],
                },
                "c": {
                    "id": "c",
                    "parentId": "a",
                    "childrenIds": [],
                    "role": "assistant",
                    "content": "answer c",
                    "timestamp": 1700000003,
                    "model": "model-b",
                    "modelIdx": 1,
                },
            },
        },
        "messages": [
            {
                "id": "zz",
                "parentId": "b",
                "role": "user",
                "content": "only in the list",
                "timestamp": 1700000009,
            }
        ],
    },
}

MADE: dict[str, tuple[Any, str]] = {
    "sharegpt": (
        [
            {
                "id": "r1",
                "conversations": [
                    {"from": "human", "value": "hello you", "weight": 0.25},
                    {"from": "function_call", "value": '{"name": "calltool"}'},
                    {"from": "observation", "value": "result xyz"},
                    {"from": "gpt", "value": "bye there"},
                ],
                "system": "be terse",
                "tools": '[{"name": "toolname", "parameters": {"type": "object"}}]',
                "source": "src-file",
                "score": 4.75,
            }
        ],
        ".json",
    ),
    "messages": (
        [
            {
                "messages": [
                    _m("system", "sysmsg"),
                    _m(
                        "user",
                        [
                            {"type": "text", "text": "part one", "extra": "xx1"},
                            {
                                "type": "image_url",
                                "image_url": {"url": "http://im.age/a.png", "detail": "high"},
                            },
                        ],
                        name="bobby",
                    ),
                    _m(
                        "assistant",
                        "thinking answer",
                        thinking="think hard",
                        loss_weight=0.5,
                        tool_calls=[
                            {
                                "id": "call-77",
                                "type": "function",
                                "function": {"name": "search", "arguments": '{"q":1}'},
                            }
                        ],
                    ),
                    _m("tool", "result 5", tool_call_id="call-77", name="search"),
                ],
                "tools": [
                    {
                        "type": "function",
                        "function": {
                            "name": "search",
                            "description": "finds",
                            "parameters": {"type": "object"},
                        },
                    }
                ],
                "meta": {"lang": "en-GB"},
            }
        ],
        ".jsonl",
    ),
    "preference": (
        [
            {
                "prompt": "which one",
                "chosen": "the good",
                "rejected": "the bad",
                "score_chosen": 7.25,
                "score_rejected": 1.5,
                "margin": 5.75,
                "images": ["im-1"],
            }
        ],
        ".jsonl",
    ),
    "preference, implicit": (
        [
            {
                "chosen": [_m("user", "question one"), _m("assistant", "good answer")],
                "rejected": [_m("user", "question one"), _m("assistant", "bad answer")],
                "id": "row-9",
            }
        ],
        ".jsonl",
    ),
    "preference, sharegpt": (
        [
            {
                "conversations": [{"from": "human", "value": "question"}],
                "chosen": {"from": "gpt", "value": "good one"},
                "rejected": {"from": "gpt", "value": "bad one"},
                "system": "sys text",
            }
        ],
        ".json",
    ),
    "preference, messages": (
        [
            {
                "chosen_messages": [_m("user", "question"), _m("assistant", "good one")],
                "rejected_messages": [_m("user", "question"), _m("assistant", "bad one")],
            }
        ],
        ".jsonl",
    ),
    "preference, kto": (
        [{"prompt": "question", "completion": "answered", "label": True, "weight": 0.125}],
        ".jsonl",
    ),
    "preference, judged": (
        [{"messages": [_m("user", "question"), _m("assistant", "answered")], "label": False}],
        ".jsonl",
    ),
    "preference, steps": (
        [
            {
                "prompt": "question",
                "completions": ["step one", "step two"],
                "labels": [True, False],
                "extra": "more text",
            }
        ],
        ".jsonl",
    ),
    "preference, prompt": ([{"prompt": "only prompt"}], ".jsonl"),
    "librechat": (
        {
            "conversationId": "conv-1",
            "endpoint": "openAI",
            "title": "A title",
            "exportAt": "10:11:12 GMT",
            "branches": True,
            "recursive": False,
            "options": {"model": "gpt-x", "temperature": 0.75, "promptPrefix": "Prefix"},
            "messages": [
                {
                    "messageId": "m-2",
                    "parentMessageId": "m-1",
                    "sender": "GPT",
                    "text": "answer text",
                    "isCreatedByUser": False,
                    "model": "gpt-y",
                    "endpoint": "openAI",
                    "error": False,
                    "unfinished": False,
                    "isEdited": True,
                    "tokenCount": 321,
                    "finish_reason": "length",
                    "createdAt": "2026-01-02T03:04:05Z",
                    "updatedAt": "2026-01-02T03:04:06Z",
                    "_id": "mongo-1",
                    "user": "user-1",
                    "__v": 0,
                    "files": [
                        {
                            "filepath": "/f/p.png",
                            "filename": "p.png",
                            "type": "image/png",
                            "bytes": 777,
                            "file_id": "fid-1",
                        }
                    ],
                    "content": [
                        {"type": "think", "think": "hmm thought"},
                        {"type": "text", "text": "answer text"},
                        {
                            "type": "tool_call",
                            "tool_call": {
                                "id": "tc-1",
                                "name": "tname",
                                "args": "{}",
                                "output": "tool output",
                            },
                        },
                    ],
                },
                {
                    "messageId": "m-1",
                    "parentMessageId": "00000000-0000-0000-0000-000000000000",
                    "sender": "User",
                    "text": "",
                    "isCreatedByUser": True,
                    "createdAt": "2026-01-02T03:04:04Z",
                },
            ],
        },
        ".json",
    ),
    "openwebui": ([_OPEN_WEBUI], ".json"),
    "grok": (
        {
            "conversations": [
                {
                    "conversation": {
                        "id": "conv-g",
                        "title": "Gtitle",
                        "summary": "sum text",
                        "create_time": "2026-01-02T03:04:05Z",
                        "modify_time": "2026-01-03T03:04:05Z",
                        "starred": True,
                        "temporary": True,
                        "leaf_response_id": "r2",
                        "system_prompt_name": "fun mode",
                        "system_prompt_id": "spid",
                        "asset_ids": ["as-1"],
                        "root_asset_id": "ras",
                        "media_types": ["image"],
                        "controller": "ctrl",
                        "task_result_id": "trid",
                        "team_id": "team-1",
                        "shared_with_team": True,
                        "shared_with_user_ids": ["us-2"],
                        "kind": "kind-x",
                        "workspace_id": "ws-1",
                        "organization_id": "org-1",
                    },
                    "responses": [
                        {
                            "response": {
                                "_id": "r1",
                                "conversation_id": "conv-g",
                                "message": "question",
                                "sender": "human",
                                "create_time": {"$date": {"$numberLong": "1700000000123"}},
                                "parent_response_id": None,
                                "manual": True,
                                "partial": False,
                                "shared": True,
                                "query": "the query",
                                "query_type": "qtype",
                                "model": "",
                                "file_attachments": ["asset-uuid"],
                                "xai_user_id": "xu",
                            },
                            "share_link": {"share_link_id": "sl-1"},
                        },
                        {
                            "response": {
                                "_id": "r2",
                                "message": "answer <grok:render x/>",
                                "sender": "ASSISTANT",
                                "create_time": {"$date": {"$numberLong": "1700000001123"}},
                                "parent_response_id": "r1",
                                "model": "grok-9",
                                "thinking_trace": "trace text",
                                "agent_thinking_traces": [
                                    {"thinking_trace": "agent one", "agent": "ag-1"}
                                ],
                                "steps": [
                                    {
                                        "tagged_text": "tagged x",
                                        "tool_usage_results": [{"a": "bcd"}],
                                    }
                                ],
                                "web_search_results": [
                                    {"url": "http://w.w", "title": "W title", "preview": "prev"}
                                ],
                                "cited_web_search_results": [
                                    {"url": "http://c.c", "title": "C title", "preview": "cprev"}
                                ],
                                "xpost_ids": ["xp-1"],
                                "webpage_urls": ["http://wp.u"],
                                "generated_image_urls": ["users/x/gen.jpg"],
                                "image_attachments": ["img-at"],
                                "card_attachments_json": ['{"id":"card-1"}'],
                                "metadata": {
                                    "requestModelDetails": {"modelId": "grok-9-x"},
                                    "deepsearchPreset": "deeper",
                                },
                                "thinking_start_time": {"$date": {"$numberLong": "1700000001000"}},
                                "thinking_end_time": {"$date": {"$numberLong": "1700000001100"}},
                                "error": "err text",
                                "debug_log": "dbg",
                                "is_control": True,
                                "media_types": ["m-t"],
                                "image_edit_uri": "edit/uri",
                            },
                            "share_link": None,
                        },
                    ],
                }
            ],
            "projects": [],
            "tasks": [],
            "media_posts": [],
        },
        ".json",
    ),
    "claude": (
        [
            {
                "uuid": "conv-c",
                "name": "Cname",
                "summary": "sum text",
                "created_at": "2026-01-02T03:04:05",
                "updated_at": "2026-01-02T03:05:05+00:00",
                "account": {"uuid": "acc"},
                "project": {"uuid": "pr-1", "name": "Project name"},
                "model": "claude-m",
                "is_starred": True,
                "current_leaf_message_uuid": "m2",
                "settings": {"mode": "mode-x"},
                "chat_messages": [
                    {
                        "uuid": "m1",
                        "text": "question",
                        "content": [
                            {
                                "type": "text",
                                "text": "question",
                                "citations": [],
                                "start_timestamp": "2026-01-02T03:04:06Z",
                                "stop_timestamp": "2026-01-02T03:04:07Z",
                                "flags": ["flag-x"],
                            }
                        ],
                        "sender": "human",
                        "created_at": "2026-01-02T03:04:08Z",
                        "updated_at": "2026-01-02T03:04:09Z",
                        "attachments": [
                            {
                                "file_name": "f.txt",
                                "file_size": 99,
                                "file_type": "txt",
                                "extracted_content": "extracted",
                            }
                        ],
                        "files": [{"file_name": "g.png", "file_uuid": "fu-1"}],
                        "index": 5,
                        "input_mode": "retry",
                    },
                    {
                        "uuid": "m2",
                        "parent_message_uuid": "m1",
                        "text": "flat",
                        "content": [
                            {
                                "type": "thinking",
                                "thinking": "thought",
                                "summaries": [{"summary": "summ"}],
                                "cut_off": True,
                            },
                            {
                                "type": "tool_use",
                                "id": "tu-1",
                                "name": "tname",
                                "input": {"a": "bcd"},
                                "integration_name": "integ",
                            },
                            {
                                "type": "tool_result",
                                "tool_use_id": "tu-1",
                                "name": "tname",
                                "content": [{"type": "text", "text": "result text"}],
                                "is_error": True,
                            },
                            {
                                "type": "text",
                                "text": "answered",
                                "citations": [
                                    {
                                        "url": "http://c.i",
                                        "title": "ctitle",
                                        "start_index": 0,
                                        "end_index": 3,
                                        "uuid": "ci-1",
                                    }
                                ],
                            },
                            {"type": "novel", "thing": "novel thing"},
                        ],
                        "sender": "assistant",
                        "created_at": "2026-01-02T03:04:10Z",
                        "stop_reason": "stop_sequence",
                        "truncated": True,
                    },
                ],
            }
        ],
        ".json",
    ),
    "sillytavern": (
        [
            {
                "user_name": "Uname",
                "character_name": "Cname",
                "create_date": "2025-03-01@10h07m05s",
                "chat_metadata": {"integrity": "integ-1", "note_prompt": "note!", "tainted": True},
            },
            {
                "name": "Cname",
                "is_user": False,
                "is_system": False,
                "send_date": "February 25, 2025 3:46pm",
                "mes": "variant 2 edited",
                "extra": {
                    "api": "openai",
                    "model": "model-s",
                    "reasoning": "reasoned",
                    "branches": ["Branch #1"],
                    "bookmark_link": "Check #1",
                    "token_count": 55,
                },
                "swipes": ["variant 1", "variant 2"],
                "swipe_id": 1,
                "swipe_info": [
                    {
                        "send_date": "February 25, 2025 3:45pm",
                        "gen_started": "2025-02-25T15:45:00Z",
                        "gen_finished": "2025-02-25T15:45:09Z",
                        "extra": {"model": "model-t", "reasoning": "reason one"},
                    },
                    {"send_date": "February 25, 2025 3:44pm", "extra": {"model": "model-u"}},
                ],
                "force_avatar": "ava.png",
                "original_avatar": "orig.png",
            },
            {
                "name": "Uname",
                "is_user": True,
                "is_system": True,
                "send_date": 1740500000123,
                "mes": "hidden text",
                "extra": {"isSmallSys": True, "file": {"url": "/u/f.txt"}},
            },
        ],
        ".jsonl",
    ),
    "pyloom": (
        {
            "root": {
                "id": "n-1",
                "text": "root text",
                "children": [
                    {
                        "id": "n-2",
                        "parent_id": "n-1",
                        "text": " child",
                        "children": [],
                        "mutable": False,
                        "visited": True,
                        "open": 1,
                        "tags": ["tag-1"],
                        "chapter_id": "ch-1",
                        "bookmark": True,
                        "meta": {
                            "creation_timestamp": "2021-05-06-07.08.09",
                            "source": "AI",
                            "modified": True,
                            "origin": "orig x",
                        },
                        "generation": {"id": "g-1", "index": 0},
                        "text_attributes": {"child_preview": "cp x"},
                        "multimedia": [{"file": "mm.png", "caption": "cap x"}],
                        "frame": {"f": "frame x"},
                        "memories": ["mem x"],
                        "summaries": ["summ x"],
                        "notes": "note x",
                        "history": [{"timestamp": "2021-05-06-07.08.10", "text": "hist text"}],
                        "ghostchildren": ["gh-1"],
                    }
                ],
            },
            "chapters": {"ch-1": {"id": "ch-1", "root_id": "n-2", "title": "Chapter T"}},
            "tags": {"tag-1": {"name": "tag-1", "scope": "ancestry", "hide": False, "icon": "ico"}},
            "canonical": ["n-2"],
            "memories": {"mem": "mtext"},
            "summaries": {"s": "stext"},
            "model_responses": {
                "g-1": {
                    "completions": [
                        {
                            "text": " child",
                            "tokens": [
                                {
                                    "generatedToken": {"token": " child", "logprob": -0.75},
                                    "position": {"start": 0, "end": 6},
                                    "counterfactuals": {" kid": -1.25},
                                }
                            ],
                            "finishReason": "length",
                        }
                    ],
                    "prompt": {"text": "root text", "tokens": None},
                    "id": "g-1",
                    "model": "davinci-x",
                    "timestamp": 1620284889,
                }
            },
            "generation_settings": {"temperature": 0.625},
            "preferences": {"pref": "px"},
            "workspace": {"w": "wx"},
            "module_settings": {"m": "mx"},
            "selected_node_id": "n-2",
            "frame": {"ff": "ffx"},
        },
        ".json",
    ),
    "claude_code": (
        [
            {"type": "summary", "summary": "Sum title", "leafUuid": "u-2"},
            {
                "type": "user",
                "uuid": "u-1",
                "parentUuid": None,
                "isSidechain": False,
                "sessionId": "sess-1",
                "cwd": "/w/d",
                "version": "1.2.3",
                "gitBranch": "main-br",
                "timestamp": "2026-01-02T03:04:05Z",
                "message": {"role": "user", "content": "hello"},
            },
            {
                "type": "assistant",
                "uuid": "u-2",
                "parentUuid": "u-1",
                "sessionId": "sess-1",
                "requestId": "req-1",
                "timestamp": "2026-01-02T03:04:06Z",
                "message": {
                    "id": "msg-1",
                    "type": "message",
                    "role": "assistant",
                    "model": "claude-z",
                    "content": [
                        {"type": "thinking", "thinking": "thk", "signature": "sig-1"},
                        {"type": "text", "text": "answer", "citations": [{"url": "http://x.y"}]},
                        {
                            "type": "tool_use",
                            "id": "tu-1",
                            "name": "Bash",
                            "input": {"command": "ls -l"},
                        },
                    ],
                    "stop_reason": "tool_use",
                    "stop_sequence": None,
                    "usage": {
                        "input_tokens": 12,
                        "cache_creation_input_tokens": 345,
                        "cache_read_input_tokens": 678,
                        "output_tokens": 90,
                        "service_tier": "tier-x",
                    },
                },
            },
            {
                "type": "user",
                "uuid": "u-3",
                "parentUuid": "u-2",
                "sessionId": "sess-1",
                "timestamp": "soon",
                "message": {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "tu-1",
                            "content": [{"type": "text", "text": "out text"}],
                            "is_error": True,
                        }
                    ],
                },
                "toolUseResult": {"stdout": "std out", "code": 7},
            },
        ],
        ".jsonl",
    ),
    "pi": (
        [
            {
                "type": "session",
                "version": 3,
                "id": "ses-1",
                "timestamp": "2026-01-02T03:04:05Z",
                "cwd": "/c/w",
                "parentSession": "par-ses",
            },
            {
                "type": "message",
                "id": "aaaaaaaa",
                "parentId": None,
                "timestamp": "2026-01-02T03:04:06Z",
                "message": {"role": "user", "content": "hi there", "timestamp": 1767323046123},
            },
            {
                "type": "message",
                "id": "bbbbbbbb",
                "parentId": "aaaaaaaa",
                "timestamp": "2026-01-02T03:04:07Z",
                "message": {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "answer", "textSignature": "tsig"},
                        {"type": "thinking", "thinking": "thk", "thinkingSignature": "thsig"},
                    ],
                    "api": "api-x",
                    "provider": "prov",
                    "model": "mod",
                    "usage": {
                        "input": 1111,
                        "output": 222,
                        "cacheRead": 333,
                        "cacheWrite": 444,
                        "totalTokens": 2110,
                        "cost": {
                            "input": 0.011,
                            "output": 0.022,
                            "cacheRead": 0.033,
                            "cacheWrite": 0.044,
                            "total": 0.11,
                        },
                    },
                    "stopReason": "stop",
                    "timestamp": 1767323047999,
                },
            },
            {
                "type": "compaction",
                "id": "cccccccc",
                "parentId": "bbbbbbbb",
                "timestamp": "2026-01-02T03:04:08Z",
                "summary": "comp sum",
                "firstKeptEntryId": "bbbbbbbb",
                "tokensBefore": 5150,
            },
            {
                "type": "branch_summary",
                "id": "dddddddd",
                "parentId": "cccccccc",
                "timestamp": "2026-01-02T03:04:09Z",
                "fromId": "bbbbbbbb",
                "summary": "br sum",
            },
            {
                "type": "label",
                "id": "eeeeeeee",
                "parentId": "dddddddd",
                "timestamp": "2026-01-02T03:04:10Z",
                "targetId": "bbbbbbbb",
                "label": "my label",
            },
            {
                "type": "label",
                "id": "eeeeeee2",
                "parentId": "eeeeeeee",
                "timestamp": "2026-01-02T03:04:10Z",
                "targetId": "nowhere",
                "label": "other label",
            },
            {
                "type": "session_info",
                "id": "ffffffff",
                "parentId": "eeeeeee2",
                "timestamp": "2026-01-02T03:04:11Z",
                "name": "Name 1",
            },
            {
                "type": "session_info",
                "id": "fffffff2",
                "parentId": "ffffffff",
                "timestamp": "2026-01-02T03:04:11Z",
                "name": "Name 2",
            },
        ],
        ".jsonl",
    ),
}
"""Names, of which the first word is the format, to what is in a file, and how the file ends."""
