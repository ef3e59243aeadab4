from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Settings(_message.Message):
    __slots__ = ("temperature", "top_p", "min_p", "top_k", "max_tokens", "seed", "stop", "logprobs", "top_logprobs", "frequency_penalty", "presence_penalty", "reasoning_effort", "response_format", "tools", "tool_choice")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TOP_P_FIELD_NUMBER: _ClassVar[int]
    MIN_P_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    LOGPROBS_FIELD_NUMBER: _ClassVar[int]
    TOP_LOGPROBS_FIELD_NUMBER: _ClassVar[int]
    FREQUENCY_PENALTY_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_PENALTY_FIELD_NUMBER: _ClassVar[int]
    REASONING_EFFORT_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FORMAT_FIELD_NUMBER: _ClassVar[int]
    TOOLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CHOICE_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    top_p: float
    min_p: float
    top_k: int
    max_tokens: int
    seed: int
    stop: _containers.RepeatedScalarFieldContainer[str]
    logprobs: bool
    top_logprobs: int
    frequency_penalty: float
    presence_penalty: float
    reasoning_effort: str
    response_format: str
    tools: _containers.RepeatedCompositeFieldContainer[Tool]
    tool_choice: str
    def __init__(self, temperature: _Optional[float] = ..., top_p: _Optional[float] = ..., min_p: _Optional[float] = ..., top_k: _Optional[int] = ..., max_tokens: _Optional[int] = ..., seed: _Optional[int] = ..., stop: _Optional[_Iterable[str]] = ..., logprobs: bool = ..., top_logprobs: _Optional[int] = ..., frequency_penalty: _Optional[float] = ..., presence_penalty: _Optional[float] = ..., reasoning_effort: _Optional[str] = ..., response_format: _Optional[str] = ..., tools: _Optional[_Iterable[_Union[Tool, _Mapping]]] = ..., tool_choice: _Optional[str] = ...) -> None: ...

class Tool(_message.Message):
    __slots__ = ("name", "description", "parameters", "kind")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    parameters: str
    kind: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., parameters: _Optional[str] = ..., kind: _Optional[str] = ...) -> None: ...

class ToolCall(_message.Message):
    __slots__ = ("call_id", "name", "arguments", "kind")
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    name: str
    arguments: str
    kind: str
    def __init__(self, call_id: _Optional[str] = ..., name: _Optional[str] = ..., arguments: _Optional[str] = ..., kind: _Optional[str] = ...) -> None: ...

class Citation(_message.Message):
    __slots__ = ("url", "title", "begin", "end")
    URL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    url: str
    title: str
    begin: int
    end: int
    def __init__(self, url: _Optional[str] = ..., title: _Optional[str] = ..., begin: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Attachment(_message.Message):
    __slots__ = ("file_id", "url", "media_type", "name", "n_bytes")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    N_BYTES_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    url: str
    media_type: str
    name: str
    n_bytes: int
    def __init__(self, file_id: _Optional[str] = ..., url: _Optional[str] = ..., media_type: _Optional[str] = ..., name: _Optional[str] = ..., n_bytes: _Optional[int] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("prompt_tokens", "cached_prompt_tokens", "completion_tokens", "reasoning_tokens", "cost_usd", "estimated")
    PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHED_PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_TOKENS_FIELD_NUMBER: _ClassVar[int]
    REASONING_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COST_USD_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost_usd: float
    estimated: bool
    def __init__(self, prompt_tokens: _Optional[int] = ..., cached_prompt_tokens: _Optional[int] = ..., completion_tokens: _Optional[int] = ..., reasoning_tokens: _Optional[int] = ..., cost_usd: _Optional[float] = ..., estimated: bool = ...) -> None: ...

class Timing(_message.Message):
    __slots__ = ("first_token_s", "duration_s")
    FIRST_TOKEN_S_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    first_token_s: float
    duration_s: float
    def __init__(self, first_token_s: _Optional[float] = ..., duration_s: _Optional[float] = ...) -> None: ...

class Origin(_message.Message):
    __slots__ = ("kind", "of_response_id", "offset", "format", "original_id", "repairs", "run_id", "cell", "door", "client", "provenance", "forced", "system_prompt", "flags", "raw")
    class ProvenanceEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    OF_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_ID_FIELD_NUMBER: _ClassVar[int]
    REPAIRS_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    CELL_FIELD_NUMBER: _ClassVar[int]
    DOOR_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    FORCED_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    kind: str
    of_response_id: str
    offset: int
    format: str
    original_id: str
    repairs: _containers.RepeatedScalarFieldContainer[str]
    run_id: str
    cell: str
    door: str
    client: str
    provenance: _containers.ScalarMap[str, str]
    forced: str
    system_prompt: str
    flags: _containers.RepeatedScalarFieldContainer[str]
    raw: str
    def __init__(self, kind: _Optional[str] = ..., of_response_id: _Optional[str] = ..., offset: _Optional[int] = ..., format: _Optional[str] = ..., original_id: _Optional[str] = ..., repairs: _Optional[_Iterable[str]] = ..., run_id: _Optional[str] = ..., cell: _Optional[str] = ..., door: _Optional[str] = ..., client: _Optional[str] = ..., provenance: _Optional[_Mapping[str, str]] = ..., forced: _Optional[str] = ..., system_prompt: _Optional[str] = ..., flags: _Optional[_Iterable[str]] = ..., raw: _Optional[str] = ...) -> None: ...

class Marks(_message.Message):
    __slots__ = ("starred", "tags", "note", "scores", "times")
    class ScoresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class TimesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _timestamp_pb2.Timestamp
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    STARRED_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    starred: bool
    tags: _containers.RepeatedScalarFieldContainer[str]
    note: str
    scores: _containers.ScalarMap[str, float]
    times: _containers.MessageMap[str, _timestamp_pb2.Timestamp]
    def __init__(self, starred: bool = ..., tags: _Optional[_Iterable[str]] = ..., note: _Optional[str] = ..., scores: _Optional[_Mapping[str, float]] = ..., times: _Optional[_Mapping[str, _timestamp_pb2.Timestamp]] = ...) -> None: ...

class Response(_message.Message):
    __slots__ = ("response_id", "conversation_id", "parent_response_id", "sender", "message", "reasoning", "create_time", "manual", "partial", "shared", "query", "query_type", "model_name", "finish_reason", "settings", "usage", "timing", "origin", "marks", "position", "revision", "deleted", "text_apart", "attachments", "tool_calls", "tool_call_id", "citations", "encrypted_reasoning")
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    MANUAL_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    QUERY_TYPE_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    TEXT_APART_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_REASONING_FIELD_NUMBER: _ClassVar[int]
    response_id: str
    conversation_id: str
    parent_response_id: str
    sender: str
    message: str
    reasoning: str
    create_time: _timestamp_pb2.Timestamp
    manual: bool
    partial: bool
    shared: bool
    query: str
    query_type: str
    model_name: str
    finish_reason: str
    settings: Settings
    usage: Usage
    timing: Timing
    origin: Origin
    marks: Marks
    position: int
    revision: int
    deleted: bool
    text_apart: bool
    attachments: _containers.RepeatedCompositeFieldContainer[Attachment]
    tool_calls: _containers.RepeatedCompositeFieldContainer[ToolCall]
    tool_call_id: str
    citations: _containers.RepeatedCompositeFieldContainer[Citation]
    encrypted_reasoning: str
    def __init__(self, response_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., parent_response_id: _Optional[str] = ..., sender: _Optional[str] = ..., message: _Optional[str] = ..., reasoning: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., manual: bool = ..., partial: bool = ..., shared: bool = ..., query: _Optional[str] = ..., query_type: _Optional[str] = ..., model_name: _Optional[str] = ..., finish_reason: _Optional[str] = ..., settings: _Optional[_Union[Settings, _Mapping]] = ..., usage: _Optional[_Union[Usage, _Mapping]] = ..., timing: _Optional[_Union[Timing, _Mapping]] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., marks: _Optional[_Union[Marks, _Mapping]] = ..., position: _Optional[int] = ..., revision: _Optional[int] = ..., deleted: bool = ..., text_apart: bool = ..., attachments: _Optional[_Iterable[_Union[Attachment, _Mapping]]] = ..., tool_calls: _Optional[_Iterable[_Union[ToolCall, _Mapping]]] = ..., tool_call_id: _Optional[str] = ..., citations: _Optional[_Iterable[_Union[Citation, _Mapping]]] = ..., encrypted_reasoning: _Optional[str] = ...) -> None: ...

class Conversation(_message.Message):
    __slots__ = ("conversation_id", "title", "starred", "create_time", "modify_time", "model_name", "system_prompt", "system_prompt_name", "revision", "leaf_response_id", "deleted", "n_responses")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STARRED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    MODIFY_TIME_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    LEAF_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    N_RESPONSES_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    title: str
    starred: bool
    create_time: _timestamp_pb2.Timestamp
    modify_time: _timestamp_pb2.Timestamp
    model_name: str
    system_prompt: str
    system_prompt_name: str
    revision: int
    leaf_response_id: str
    deleted: bool
    n_responses: int
    def __init__(self, conversation_id: _Optional[str] = ..., title: _Optional[str] = ..., starred: bool = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., modify_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., model_name: _Optional[str] = ..., system_prompt: _Optional[str] = ..., system_prompt_name: _Optional[str] = ..., revision: _Optional[int] = ..., leaf_response_id: _Optional[str] = ..., deleted: bool = ..., n_responses: _Optional[int] = ...) -> None: ...

class CreateConversationRequest(_message.Message):
    __slots__ = ("request_id", "title", "model_name", "system_prompt", "system_prompt_name")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_NAME_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    title: str
    model_name: str
    system_prompt: str
    system_prompt_name: str
    def __init__(self, request_id: _Optional[str] = ..., title: _Optional[str] = ..., model_name: _Optional[str] = ..., system_prompt: _Optional[str] = ..., system_prompt_name: _Optional[str] = ...) -> None: ...

class GetConversationRequest(_message.Message):
    __slots__ = ("conversation_id",)
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    def __init__(self, conversation_id: _Optional[str] = ...) -> None: ...

class ListConversationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "deleted", "starred")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    STARRED_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    deleted: bool
    starred: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., deleted: bool = ..., starred: bool = ...) -> None: ...

class ListConversationsResponse(_message.Message):
    __slots__ = ("conversations", "next_page_token")
    CONVERSATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    conversations: _containers.RepeatedCompositeFieldContainer[Conversation]
    next_page_token: str
    def __init__(self, conversations: _Optional[_Iterable[_Union[Conversation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateConversationRequest(_message.Message):
    __slots__ = ("request_id", "conversation_id", "title", "starred", "leaf_response_id", "model_name", "system_prompt", "system_prompt_name")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STARRED_FIELD_NUMBER: _ClassVar[int]
    LEAF_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_NAME_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    conversation_id: str
    title: str
    starred: bool
    leaf_response_id: str
    model_name: str
    system_prompt: str
    system_prompt_name: str
    def __init__(self, request_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., title: _Optional[str] = ..., starred: bool = ..., leaf_response_id: _Optional[str] = ..., model_name: _Optional[str] = ..., system_prompt: _Optional[str] = ..., system_prompt_name: _Optional[str] = ...) -> None: ...

class DeleteConversationRequest(_message.Message):
    __slots__ = ("request_id", "conversation_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    conversation_id: str
    def __init__(self, request_id: _Optional[str] = ..., conversation_id: _Optional[str] = ...) -> None: ...

class RestoreConversationRequest(_message.Message):
    __slots__ = ("request_id", "conversation_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    conversation_id: str
    def __init__(self, request_id: _Optional[str] = ..., conversation_id: _Optional[str] = ...) -> None: ...

class SampleRequest(_message.Message):
    __slots__ = ("request_id", "conversation_id", "parent_response_id", "message", "n", "model_name", "settings", "origin", "keep_leaf", "detach", "system_prompt", "message_upload_id", "attachments", "budget")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    KEEP_LEAF_FIELD_NUMBER: _ClassVar[int]
    DETACH_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    conversation_id: str
    parent_response_id: str
    message: str
    n: int
    model_name: str
    settings: Settings
    origin: Origin
    keep_leaf: bool
    detach: bool
    system_prompt: str
    message_upload_id: str
    attachments: _containers.RepeatedCompositeFieldContainer[Attachment]
    budget: Ceiling
    def __init__(self, request_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., parent_response_id: _Optional[str] = ..., message: _Optional[str] = ..., n: _Optional[int] = ..., model_name: _Optional[str] = ..., settings: _Optional[_Union[Settings, _Mapping]] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., keep_leaf: bool = ..., detach: bool = ..., system_prompt: _Optional[str] = ..., message_upload_id: _Optional[str] = ..., attachments: _Optional[_Iterable[_Union[Attachment, _Mapping]]] = ..., budget: _Optional[_Union[Ceiling, _Mapping]] = ...) -> None: ...

class Ceiling(_message.Message):
    __slots__ = ("name", "max_tokens", "max_cost_usd")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_COST_USD_FIELD_NUMBER: _ClassVar[int]
    name: str
    max_tokens: int
    max_cost_usd: float
    def __init__(self, name: _Optional[str] = ..., max_tokens: _Optional[int] = ..., max_cost_usd: _Optional[float] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("name", "max_tokens", "max_cost_usd", "spent_tokens", "spent_usd", "reserved_tokens", "reserved_usd", "n_unpriced")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_COST_USD_FIELD_NUMBER: _ClassVar[int]
    SPENT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SPENT_USD_FIELD_NUMBER: _ClassVar[int]
    RESERVED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_USD_FIELD_NUMBER: _ClassVar[int]
    N_UNPRICED_FIELD_NUMBER: _ClassVar[int]
    name: str
    max_tokens: int
    max_cost_usd: float
    spent_tokens: int
    spent_usd: float
    reserved_tokens: int
    reserved_usd: float
    n_unpriced: int
    def __init__(self, name: _Optional[str] = ..., max_tokens: _Optional[int] = ..., max_cost_usd: _Optional[float] = ..., spent_tokens: _Optional[int] = ..., spent_usd: _Optional[float] = ..., reserved_tokens: _Optional[int] = ..., reserved_usd: _Optional[float] = ..., n_unpriced: _Optional[int] = ...) -> None: ...

class GetBudgetRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetBudgetResponse(_message.Message):
    __slots__ = ("budget",)
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    budget: Budget
    def __init__(self, budget: _Optional[_Union[Budget, _Mapping]] = ...) -> None: ...

class AttachSamplingRequest(_message.Message):
    __slots__ = ("sampling_id", "response_id", "from_characters")
    SAMPLING_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    sampling_id: str
    response_id: str
    from_characters: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, sampling_id: _Optional[str] = ..., response_id: _Optional[str] = ..., from_characters: _Optional[_Iterable[int]] = ...) -> None: ...

class SampleEvents(_message.Message):
    __slots__ = ("started", "tokens", "ended", "parts", "finished")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    started: SamplingStarted
    tokens: _containers.RepeatedCompositeFieldContainer[TokenBatch]
    ended: _containers.RepeatedCompositeFieldContainer[SamplingEnded]
    parts: _containers.RepeatedCompositeFieldContainer[SamplingPart]
    finished: _containers.RepeatedCompositeFieldContainer[SamplingFinished]
    def __init__(self, started: _Optional[_Union[SamplingStarted, _Mapping]] = ..., tokens: _Optional[_Iterable[_Union[TokenBatch, _Mapping]]] = ..., ended: _Optional[_Iterable[_Union[SamplingEnded, _Mapping]]] = ..., parts: _Optional[_Iterable[_Union[SamplingPart, _Mapping]]] = ..., finished: _Optional[_Iterable[_Union[SamplingFinished, _Mapping]]] = ...) -> None: ...

class SamplingFinished(_message.Message):
    __slots__ = ("index", "finish_reason", "usage", "provenance")
    class ProvenanceEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    INDEX_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    index: int
    finish_reason: str
    usage: Usage
    provenance: _containers.ScalarMap[str, str]
    def __init__(self, index: _Optional[int] = ..., finish_reason: _Optional[str] = ..., usage: _Optional[_Union[Usage, _Mapping]] = ..., provenance: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CompleteRequest(_message.Message):
    __slots__ = ("model_name", "inputs", "settings", "stop_tokens", "allowed_tokens", "disallowed_tokens", "budget")
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    STOP_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    DISALLOWED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    model_name: str
    inputs: _containers.RepeatedCompositeFieldContainer[RawInput]
    settings: Settings
    stop_tokens: _containers.RepeatedScalarFieldContainer[str]
    allowed_tokens: _containers.RepeatedCompositeFieldContainer[TokenName]
    disallowed_tokens: _containers.RepeatedCompositeFieldContainer[TokenName]
    budget: Ceiling
    def __init__(self, model_name: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[RawInput, _Mapping]]] = ..., settings: _Optional[_Union[Settings, _Mapping]] = ..., stop_tokens: _Optional[_Iterable[str]] = ..., allowed_tokens: _Optional[_Iterable[_Union[TokenName, _Mapping]]] = ..., disallowed_tokens: _Optional[_Iterable[_Union[TokenName, _Mapping]]] = ..., budget: _Optional[_Union[Ceiling, _Mapping]] = ...) -> None: ...

class RawInput(_message.Message):
    __slots__ = ("text", "tokens")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    text: str
    tokens: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, text: _Optional[str] = ..., tokens: _Optional[_Iterable[int]] = ...) -> None: ...

class TokenName(_message.Message):
    __slots__ = ("text", "number")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    text: str
    number: int
    def __init__(self, text: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class EmbedRequest(_message.Message):
    __slots__ = ("model_name", "texts", "budget")
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    model_name: str
    texts: _containers.RepeatedScalarFieldContainer[str]
    budget: Ceiling
    def __init__(self, model_name: _Optional[str] = ..., texts: _Optional[_Iterable[str]] = ..., budget: _Optional[_Union[Ceiling, _Mapping]] = ...) -> None: ...

class EmbedPage(_message.Message):
    __slots__ = ("vectors", "model_name", "usage")
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    vectors: _containers.RepeatedCompositeFieldContainer[Vector]
    model_name: str
    usage: Usage
    def __init__(self, vectors: _Optional[_Iterable[_Union[Vector, _Mapping]]] = ..., model_name: _Optional[str] = ..., usage: _Optional[_Union[Usage, _Mapping]] = ...) -> None: ...

class Vector(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class SamplingPart(_message.Message):
    __slots__ = ("index", "searched", "tool_called", "cited", "pictured")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SEARCHED_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLED_FIELD_NUMBER: _ClassVar[int]
    CITED_FIELD_NUMBER: _ClassVar[int]
    PICTURED_FIELD_NUMBER: _ClassVar[int]
    index: int
    searched: Search
    tool_called: ToolCall
    cited: Citation
    pictured: Attachment
    def __init__(self, index: _Optional[int] = ..., searched: _Optional[_Union[Search, _Mapping]] = ..., tool_called: _Optional[_Union[ToolCall, _Mapping]] = ..., cited: _Optional[_Union[Citation, _Mapping]] = ..., pictured: _Optional[_Union[Attachment, _Mapping]] = ...) -> None: ...

class Search(_message.Message):
    __slots__ = ("query", "query_type")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    QUERY_TYPE_FIELD_NUMBER: _ClassVar[int]
    query: str
    query_type: str
    def __init__(self, query: _Optional[str] = ..., query_type: _Optional[str] = ...) -> None: ...

class SamplingStarted(_message.Message):
    __slots__ = ("sampling_id", "human_response", "response_ids", "model_name")
    SAMPLING_ID_FIELD_NUMBER: _ClassVar[int]
    HUMAN_RESPONSE_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_IDS_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    sampling_id: str
    human_response: Response
    response_ids: _containers.RepeatedScalarFieldContainer[str]
    model_name: str
    def __init__(self, sampling_id: _Optional[str] = ..., human_response: _Optional[_Union[Response, _Mapping]] = ..., response_ids: _Optional[_Iterable[str]] = ..., model_name: _Optional[str] = ...) -> None: ...

class TokenBatch(_message.Message):
    __slots__ = ("index", "text", "lengths", "reasoning", "logprobs")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LENGTHS_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    LOGPROBS_FIELD_NUMBER: _ClassVar[int]
    index: int
    text: str
    lengths: _containers.RepeatedScalarFieldContainer[int]
    reasoning: str
    logprobs: _containers.RepeatedCompositeFieldContainer[TokenLogprob]
    def __init__(self, index: _Optional[int] = ..., text: _Optional[str] = ..., lengths: _Optional[_Iterable[int]] = ..., reasoning: _Optional[str] = ..., logprobs: _Optional[_Iterable[_Union[TokenLogprob, _Mapping]]] = ...) -> None: ...

class TokenLogprob(_message.Message):
    __slots__ = ("text", "logprob", "alternatives")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LOGPROB_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    text: str
    logprob: float
    alternatives: _containers.RepeatedCompositeFieldContainer[TokenAlternative]
    def __init__(self, text: _Optional[str] = ..., logprob: _Optional[float] = ..., alternatives: _Optional[_Iterable[_Union[TokenAlternative, _Mapping]]] = ...) -> None: ...

class TokenAlternative(_message.Message):
    __slots__ = ("text", "logprob")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LOGPROB_FIELD_NUMBER: _ClassVar[int]
    text: str
    logprob: float
    def __init__(self, text: _Optional[str] = ..., logprob: _Optional[float] = ...) -> None: ...

class SamplingEnded(_message.Message):
    __slots__ = ("index", "response", "error")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    index: int
    response: Response
    error: ErrorDetail
    def __init__(self, index: _Optional[int] = ..., response: _Optional[_Union[Response, _Mapping]] = ..., error: _Optional[_Union[ErrorDetail, _Mapping]] = ...) -> None: ...

class ErrorDetail(_message.Message):
    __slots__ = ("code", "message", "texts", "integers", "floats")
    class TextsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class IntegersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class FloatsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    INTEGERS_FIELD_NUMBER: _ClassVar[int]
    FLOATS_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    texts: _containers.ScalarMap[str, str]
    integers: _containers.ScalarMap[str, int]
    floats: _containers.ScalarMap[str, float]
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., texts: _Optional[_Mapping[str, str]] = ..., integers: _Optional[_Mapping[str, int]] = ..., floats: _Optional[_Mapping[str, float]] = ...) -> None: ...

class CancelSamplingRequest(_message.Message):
    __slots__ = ("sampling_id",)
    SAMPLING_ID_FIELD_NUMBER: _ClassVar[int]
    sampling_id: str
    def __init__(self, sampling_id: _Optional[str] = ...) -> None: ...

class CancelSamplingResponse(_message.Message):
    __slots__ = ("was_running",)
    WAS_RUNNING_FIELD_NUMBER: _ClassVar[int]
    was_running: bool
    def __init__(self, was_running: bool = ...) -> None: ...

class ResponseDraft(_message.Message):
    __slots__ = ("parent_response_id", "parent_index", "sender", "message", "reasoning", "partial", "model_name", "finish_reason", "create_time", "settings", "usage", "timing", "origin", "marks", "query", "query_type", "message_upload_id", "reasoning_upload_id", "attachments", "tool_calls", "tool_call_id", "citations", "encrypted_reasoning")
    PARENT_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_INDEX_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    FINISH_REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    QUERY_TYPE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    REASONING_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLS_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_REASONING_FIELD_NUMBER: _ClassVar[int]
    parent_response_id: str
    parent_index: int
    sender: str
    message: str
    reasoning: str
    partial: bool
    model_name: str
    finish_reason: str
    create_time: _timestamp_pb2.Timestamp
    settings: Settings
    usage: Usage
    timing: Timing
    origin: Origin
    marks: Marks
    query: str
    query_type: str
    message_upload_id: str
    reasoning_upload_id: str
    attachments: _containers.RepeatedCompositeFieldContainer[Attachment]
    tool_calls: _containers.RepeatedCompositeFieldContainer[ToolCall]
    tool_call_id: str
    citations: _containers.RepeatedCompositeFieldContainer[Citation]
    encrypted_reasoning: str
    def __init__(self, parent_response_id: _Optional[str] = ..., parent_index: _Optional[int] = ..., sender: _Optional[str] = ..., message: _Optional[str] = ..., reasoning: _Optional[str] = ..., partial: bool = ..., model_name: _Optional[str] = ..., finish_reason: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., settings: _Optional[_Union[Settings, _Mapping]] = ..., usage: _Optional[_Union[Usage, _Mapping]] = ..., timing: _Optional[_Union[Timing, _Mapping]] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., marks: _Optional[_Union[Marks, _Mapping]] = ..., query: _Optional[str] = ..., query_type: _Optional[str] = ..., message_upload_id: _Optional[str] = ..., reasoning_upload_id: _Optional[str] = ..., attachments: _Optional[_Iterable[_Union[Attachment, _Mapping]]] = ..., tool_calls: _Optional[_Iterable[_Union[ToolCall, _Mapping]]] = ..., tool_call_id: _Optional[str] = ..., citations: _Optional[_Iterable[_Union[Citation, _Mapping]]] = ..., encrypted_reasoning: _Optional[str] = ...) -> None: ...

class AddResponsesRequest(_message.Message):
    __slots__ = ("request_id", "conversation_id", "drafts", "leaf_index")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    DRAFTS_FIELD_NUMBER: _ClassVar[int]
    LEAF_INDEX_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    conversation_id: str
    drafts: _containers.RepeatedCompositeFieldContainer[ResponseDraft]
    leaf_index: int
    def __init__(self, request_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., drafts: _Optional[_Iterable[_Union[ResponseDraft, _Mapping]]] = ..., leaf_index: _Optional[int] = ...) -> None: ...

class AddResponsesResponse(_message.Message):
    __slots__ = ("responses",)
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    responses: _containers.RepeatedCompositeFieldContainer[Response]
    def __init__(self, responses: _Optional[_Iterable[_Union[Response, _Mapping]]] = ...) -> None: ...

class MergeRequest(_message.Message):
    __slots__ = ("under_response_id", "lines")
    UNDER_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    under_response_id: str
    lines: bytes
    def __init__(self, under_response_id: _Optional[str] = ..., lines: _Optional[bytes] = ...) -> None: ...

class Merged(_message.Message):
    __slots__ = ("conversation_id", "n_added", "n_united", "n_remarked", "is_new", "conflicts", "refusal", "notes")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    N_ADDED_FIELD_NUMBER: _ClassVar[int]
    N_UNITED_FIELD_NUMBER: _ClassVar[int]
    N_REMARKED_FIELD_NUMBER: _ClassVar[int]
    IS_NEW_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    n_added: int
    n_united: int
    n_remarked: int
    is_new: bool
    conflicts: _containers.RepeatedCompositeFieldContainer[MergeConflict]
    refusal: str
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, conversation_id: _Optional[str] = ..., n_added: _Optional[int] = ..., n_united: _Optional[int] = ..., n_remarked: _Optional[int] = ..., is_new: bool = ..., conflicts: _Optional[_Iterable[_Union[MergeConflict, _Mapping]]] = ..., refusal: _Optional[str] = ..., notes: _Optional[_Iterable[str]] = ...) -> None: ...

class MergeConflict(_message.Message):
    __slots__ = ("response_id", "kept_as", "why")
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    KEPT_AS_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    response_id: str
    kept_as: str
    why: str
    def __init__(self, response_id: _Optional[str] = ..., kept_as: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class GetResponsesRequest(_message.Message):
    __slots__ = ("response_ids",)
    RESPONSE_IDS_FIELD_NUMBER: _ClassVar[int]
    response_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, response_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetResponsesResponse(_message.Message):
    __slots__ = ("responses",)
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    responses: _containers.RepeatedCompositeFieldContainer[Response]
    def __init__(self, responses: _Optional[_Iterable[_Union[Response, _Mapping]]] = ...) -> None: ...

class GetLogprobsRequest(_message.Message):
    __slots__ = ("response_id",)
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    response_id: str
    def __init__(self, response_id: _Optional[str] = ...) -> None: ...

class LogprobsPage(_message.Message):
    __slots__ = ("logprobs",)
    LOGPROBS_FIELD_NUMBER: _ClassVar[int]
    logprobs: _containers.RepeatedCompositeFieldContainer[TokenLogprob]
    def __init__(self, logprobs: _Optional[_Iterable[_Union[TokenLogprob, _Mapping]]] = ...) -> None: ...

class MarkResponseRequest(_message.Message):
    __slots__ = ("request_id", "response_id", "starred", "note", "add_tags", "remove_tags", "scores", "remove_scores")
    class ScoresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    STARRED_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ADD_TAGS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_TAGS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    REMOVE_SCORES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    response_id: str
    starred: bool
    note: str
    add_tags: _containers.RepeatedScalarFieldContainer[str]
    remove_tags: _containers.RepeatedScalarFieldContainer[str]
    scores: _containers.ScalarMap[str, float]
    remove_scores: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., response_id: _Optional[str] = ..., starred: bool = ..., note: _Optional[str] = ..., add_tags: _Optional[_Iterable[str]] = ..., remove_tags: _Optional[_Iterable[str]] = ..., scores: _Optional[_Mapping[str, float]] = ..., remove_scores: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteResponseRequest(_message.Message):
    __slots__ = ("request_id", "response_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    response_id: str
    def __init__(self, request_id: _Optional[str] = ..., response_id: _Optional[str] = ...) -> None: ...

class DeleteResponseResponse(_message.Message):
    __slots__ = ("n_hidden",)
    N_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    n_hidden: int
    def __init__(self, n_hidden: _Optional[int] = ...) -> None: ...

class RestoreResponseRequest(_message.Message):
    __slots__ = ("request_id", "response_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    response_id: str
    def __init__(self, request_id: _Optional[str] = ..., response_id: _Optional[str] = ...) -> None: ...

class RestoreResponseResponse(_message.Message):
    __slots__ = ("n_restored",)
    N_RESTORED_FIELD_NUMBER: _ClassVar[int]
    n_restored: int
    def __init__(self, n_restored: _Optional[int] = ...) -> None: ...

class PurgeConversationRequest(_message.Message):
    __slots__ = ("request_id", "conversation_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    conversation_id: str
    def __init__(self, request_id: _Optional[str] = ..., conversation_id: _Optional[str] = ...) -> None: ...

class PurgeConversationResponse(_message.Message):
    __slots__ = ("n_purged",)
    N_PURGED_FIELD_NUMBER: _ClassVar[int]
    n_purged: int
    def __init__(self, n_purged: _Optional[int] = ...) -> None: ...

class PurgeResponseRequest(_message.Message):
    __slots__ = ("request_id", "response_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    response_id: str
    def __init__(self, request_id: _Optional[str] = ..., response_id: _Optional[str] = ...) -> None: ...

class PurgeResponseResponse(_message.Message):
    __slots__ = ("n_purged",)
    N_PURGED_FIELD_NUMBER: _ClassVar[int]
    n_purged: int
    def __init__(self, n_purged: _Optional[int] = ...) -> None: ...

class ListChangesRequest(_message.Message):
    __slots__ = ("conversation_id", "since_revision", "since_position")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_REVISION_FIELD_NUMBER: _ClassVar[int]
    SINCE_POSITION_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    since_revision: int
    since_position: int
    def __init__(self, conversation_id: _Optional[str] = ..., since_revision: _Optional[int] = ..., since_position: _Optional[int] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("conversation_id", "since_revision", "since_position")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_REVISION_FIELD_NUMBER: _ClassVar[int]
    SINCE_POSITION_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    since_revision: int
    since_position: int
    def __init__(self, conversation_id: _Optional[str] = ..., since_revision: _Optional[int] = ..., since_position: _Optional[int] = ...) -> None: ...

class ChangesPage(_message.Message):
    __slots__ = ("conversation", "responses", "revision", "last")
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    conversation: Conversation
    responses: _containers.RepeatedCompositeFieldContainer[Response]
    revision: int
    last: bool
    def __init__(self, conversation: _Optional[_Union[Conversation, _Mapping]] = ..., responses: _Optional[_Iterable[_Union[Response, _Mapping]]] = ..., revision: _Optional[int] = ..., last: bool = ...) -> None: ...

class UploadTextRequest(_message.Message):
    __slots__ = ("text", "total_bytes", "sha256")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    text: str
    total_bytes: int
    sha256: bytes
    def __init__(self, text: _Optional[str] = ..., total_bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class UploadTextResponse(_message.Message):
    __slots__ = ("upload_id",)
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    def __init__(self, upload_id: _Optional[str] = ...) -> None: ...

class GetTextRequest(_message.Message):
    __slots__ = ("response_id",)
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    response_id: str
    def __init__(self, response_id: _Optional[str] = ...) -> None: ...

class TextPiece(_message.Message):
    __slots__ = ("message", "reasoning")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    message: str
    reasoning: str
    def __init__(self, message: _Optional[str] = ..., reasoning: _Optional[str] = ...) -> None: ...

class UploadFileRequest(_message.Message):
    __slots__ = ("data", "total_bytes", "name", "media_type", "sha256")
    DATA_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    total_bytes: int
    name: str
    media_type: str
    sha256: bytes
    def __init__(self, data: _Optional[bytes] = ..., total_bytes: _Optional[int] = ..., name: _Optional[str] = ..., media_type: _Optional[str] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class GetFileRequest(_message.Message):
    __slots__ = ("file_id",)
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    def __init__(self, file_id: _Optional[str] = ...) -> None: ...

class FilePiece(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class ListFilesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DeleteFileRequest(_message.Message):
    __slots__ = ("file_id",)
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    def __init__(self, file_id: _Optional[str] = ...) -> None: ...

class DeleteFileResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GenerateTitleRequest(_message.Message):
    __slots__ = ("request_id", "conversation_id", "leaf_response_id", "model_name", "budget")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    LEAF_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    conversation_id: str
    leaf_response_id: str
    model_name: str
    budget: Ceiling
    def __init__(self, request_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., leaf_response_id: _Optional[str] = ..., model_name: _Optional[str] = ..., budget: _Optional[_Union[Ceiling, _Mapping]] = ...) -> None: ...

class ShareRequest(_message.Message):
    __slots__ = ("request_id", "response_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    response_id: str
    def __init__(self, request_id: _Optional[str] = ..., response_id: _Optional[str] = ...) -> None: ...

class ShareInfo(_message.Message):
    __slots__ = ("share_id", "url", "response_id", "create_time")
    SHARE_ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    share_id: str
    url: str
    response_id: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, share_id: _Optional[str] = ..., url: _Optional[str] = ..., response_id: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UnshareRequest(_message.Message):
    __slots__ = ("request_id", "share_id", "response_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SHARE_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    share_id: str
    response_id: str
    def __init__(self, request_id: _Optional[str] = ..., share_id: _Optional[str] = ..., response_id: _Optional[str] = ...) -> None: ...

class UnshareResponse(_message.Message):
    __slots__ = ("n_removed",)
    N_REMOVED_FIELD_NUMBER: _ClassVar[int]
    n_removed: int
    def __init__(self, n_removed: _Optional[int] = ...) -> None: ...

class ListSharesRequest(_message.Message):
    __slots__ = ("conversation_id",)
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    def __init__(self, conversation_id: _Optional[str] = ...) -> None: ...

class ListSharesResponse(_message.Message):
    __slots__ = ("shares",)
    SHARES_FIELD_NUMBER: _ClassVar[int]
    shares: _containers.RepeatedCompositeFieldContainer[ShareInfo]
    def __init__(self, shares: _Optional[_Iterable[_Union[ShareInfo, _Mapping]]] = ...) -> None: ...

class SearchRequest(_message.Message):
    __slots__ = ("query", "page_size", "page_token", "conversation_id")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    query: str
    page_size: int
    page_token: str
    conversation_id: str
    def __init__(self, query: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., conversation_id: _Optional[str] = ...) -> None: ...

class SearchHit(_message.Message):
    __slots__ = ("conversation_id", "response_id", "snippet", "title")
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    SNIPPET_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    conversation_id: str
    response_id: str
    snippet: str
    title: str
    def __init__(self, conversation_id: _Optional[str] = ..., response_id: _Optional[str] = ..., snippet: _Optional[str] = ..., title: _Optional[str] = ...) -> None: ...

class SearchResponse(_message.Message):
    __slots__ = ("hits", "next_page_token")
    HITS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[SearchHit]
    next_page_token: str
    def __init__(self, hits: _Optional[_Iterable[_Union[SearchHit, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ResolveIdRequest(_message.Message):
    __slots__ = ("prefix",)
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    prefix: str
    def __init__(self, prefix: _Optional[str] = ...) -> None: ...

class ResolveIdResponse(_message.Message):
    __slots__ = ("conversation_ids", "response_ids")
    CONVERSATION_IDS_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_IDS_FIELD_NUMBER: _ClassVar[int]
    conversation_ids: _containers.RepeatedScalarFieldContainer[str]
    response_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, conversation_ids: _Optional[_Iterable[str]] = ..., response_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Model(_message.Message):
    __slots__ = ("name", "description", "context_length", "capabilities", "is_default", "available", "unavailable_because", "aliases", "prices", "default_max_tokens")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_BECAUSE_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    context_length: int
    capabilities: _containers.RepeatedScalarFieldContainer[str]
    is_default: bool
    available: bool
    unavailable_because: str
    aliases: _containers.RepeatedScalarFieldContainer[str]
    prices: Prices
    default_max_tokens: int
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., context_length: _Optional[int] = ..., capabilities: _Optional[_Iterable[str]] = ..., is_default: bool = ..., available: bool = ..., unavailable_because: _Optional[str] = ..., aliases: _Optional[_Iterable[str]] = ..., prices: _Optional[_Union[Prices, _Mapping]] = ..., default_max_tokens: _Optional[int] = ...) -> None: ...

class Prices(_message.Message):
    __slots__ = ("prompt", "cached_prompt", "completion")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    CACHED_PROMPT_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_FIELD_NUMBER: _ClassVar[int]
    prompt: float
    cached_prompt: float
    completion: float
    def __init__(self, prompt: _Optional[float] = ..., cached_prompt: _Optional[float] = ..., completion: _Optional[float] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...

class OpenDoorsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OpenDoorsResponse(_message.Message):
    __slots__ = ("grpc_address", "http_url", "http_key", "doors")
    GRPC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    HTTP_URL_FIELD_NUMBER: _ClassVar[int]
    HTTP_KEY_FIELD_NUMBER: _ClassVar[int]
    DOORS_FIELD_NUMBER: _ClassVar[int]
    grpc_address: str
    http_url: str
    http_key: str
    doors: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, grpc_address: _Optional[str] = ..., http_url: _Optional[str] = ..., http_key: _Optional[str] = ..., doors: _Optional[_Iterable[str]] = ...) -> None: ...

class WhoAmIRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WhoAmIResponse(_message.Message):
    __slots__ = ("server_version", "user", "database", "database_id")
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    DATABASE_ID_FIELD_NUMBER: _ClassVar[int]
    server_version: str
    user: str
    database: str
    database_id: str
    def __init__(self, server_version: _Optional[str] = ..., user: _Optional[str] = ..., database: _Optional[str] = ..., database_id: _Optional[str] = ...) -> None: ...

class BackupRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BackupPiece(_message.Message):
    __slots__ = ("data", "total_bytes", "sha256")
    DATA_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    total_bytes: int
    sha256: bytes
    def __init__(self, data: _Optional[bytes] = ..., total_bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class CheckStoreRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CheckStoreResponse(_message.Message):
    __slots__ = ("problems", "warnings", "database", "size_bytes", "free_bytes", "library")
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    FREE_BYTES_FIELD_NUMBER: _ClassVar[int]
    LIBRARY_FIELD_NUMBER: _ClassVar[int]
    problems: _containers.RepeatedScalarFieldContainer[str]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    database: str
    size_bytes: int
    free_bytes: int
    library: str
    def __init__(self, problems: _Optional[_Iterable[str]] = ..., warnings: _Optional[_Iterable[str]] = ..., database: _Optional[str] = ..., size_bytes: _Optional[int] = ..., free_bytes: _Optional[int] = ..., library: _Optional[str] = ...) -> None: ...
