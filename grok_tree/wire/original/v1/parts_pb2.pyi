from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PromptPart(_message.Message):
    __slots__ = ("text", "image_bytes", "image_base64", "token_ids")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_BASE64_FIELD_NUMBER: _ClassVar[int]
    TOKEN_IDS_FIELD_NUMBER: _ClassVar[int]
    text: str
    image_bytes: bytes
    image_base64: str
    token_ids: TokenNumbers
    def __init__(self, text: _Optional[str] = ..., image_bytes: _Optional[bytes] = ..., image_base64: _Optional[str] = ..., token_ids: _Optional[_Union[TokenNumbers, _Mapping]] = ...) -> None: ...

class TokenNumbers(_message.Message):
    __slots__ = ("tokens",)
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tokens: _Optional[_Iterable[int]] = ...) -> None: ...

class Searched(_message.Message):
    __slots__ = ("web_search_query", "web_formatted_chunks", "x_search_query", "x_formatted_chunks", "date")
    WEB_SEARCH_QUERY_FIELD_NUMBER: _ClassVar[int]
    WEB_FORMATTED_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    X_SEARCH_QUERY_FIELD_NUMBER: _ClassVar[int]
    X_FORMATTED_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    web_search_query: str
    web_formatted_chunks: str
    x_search_query: str
    x_formatted_chunks: str
    date: str
    def __init__(self, web_search_query: _Optional[str] = ..., web_formatted_chunks: _Optional[str] = ..., x_search_query: _Optional[str] = ..., x_formatted_chunks: _Optional[str] = ..., date: _Optional[str] = ...) -> None: ...

class DebugLog(_message.Message):
    __slots__ = ("system_prompt_name", "disable_search", "web_query", "x_query", "image_query", "prompt", "search_context", "inputs")
    SYSTEM_PROMPT_NAME_FIELD_NUMBER: _ClassVar[int]
    DISABLE_SEARCH_FIELD_NUMBER: _ClassVar[int]
    WEB_QUERY_FIELD_NUMBER: _ClassVar[int]
    X_QUERY_FIELD_NUMBER: _ClassVar[int]
    IMAGE_QUERY_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    SEARCH_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    system_prompt_name: str
    disable_search: bool
    web_query: str
    x_query: str
    image_query: str
    prompt: str
    search_context: Searched
    inputs: _containers.RepeatedCompositeFieldContainer[PromptPart]
    def __init__(self, system_prompt_name: _Optional[str] = ..., disable_search: bool = ..., web_query: _Optional[str] = ..., x_query: _Optional[str] = ..., image_query: _Optional[str] = ..., prompt: _Optional[str] = ..., search_context: _Optional[_Union[Searched, _Mapping]] = ..., inputs: _Optional[_Iterable[_Union[PromptPart, _Mapping]]] = ...) -> None: ...

class Options(_message.Message):
    __slots__ = ("injected_search_context", "temperature", "seed", "ignore_time_location", "max_len")
    INJECTED_SEARCH_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    IGNORE_TIME_LOCATION_FIELD_NUMBER: _ClassVar[int]
    MAX_LEN_FIELD_NUMBER: _ClassVar[int]
    injected_search_context: Searched
    temperature: float
    seed: int
    ignore_time_location: bool
    max_len: int
    def __init__(self, injected_search_context: _Optional[_Union[Searched, _Mapping]] = ..., temperature: _Optional[float] = ..., seed: _Optional[int] = ..., ignore_time_location: bool = ..., max_len: _Optional[int] = ...) -> None: ...

class Post(_message.Message):
    __slots__ = ("username", "name", "text", "create_time", "profile_image_url", "post_id", "citation_id", "parent", "parent_post_id", "quote_post_id", "quote")
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PROFILE_IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    POST_ID_FIELD_NUMBER: _ClassVar[int]
    CITATION_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PARENT_POST_ID_FIELD_NUMBER: _ClassVar[int]
    QUOTE_POST_ID_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    username: str
    name: str
    text: str
    create_time: _timestamp_pb2.Timestamp
    profile_image_url: str
    post_id: str
    citation_id: str
    parent: Post
    parent_post_id: str
    quote_post_id: str
    quote: Post
    def __init__(self, username: _Optional[str] = ..., name: _Optional[str] = ..., text: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., profile_image_url: _Optional[str] = ..., post_id: _Optional[str] = ..., citation_id: _Optional[str] = ..., parent: _Optional[_Union[Post, _Mapping]] = ..., parent_post_id: _Optional[str] = ..., quote_post_id: _Optional[str] = ..., quote: _Optional[_Union[Post, _Mapping]] = ...) -> None: ...

class Posts(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[Post]
    def __init__(self, results: _Optional[_Iterable[_Union[Post, _Mapping]]] = ...) -> None: ...

class Page(_message.Message):
    __slots__ = ("url", "title", "preview", "search_engine_text", "description", "site_name", "metadata_title", "creator", "image", "favicon", "citation_id")
    URL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    SEARCH_ENGINE_TEXT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SITE_NAME_FIELD_NUMBER: _ClassVar[int]
    METADATA_TITLE_FIELD_NUMBER: _ClassVar[int]
    CREATOR_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    FAVICON_FIELD_NUMBER: _ClassVar[int]
    CITATION_ID_FIELD_NUMBER: _ClassVar[int]
    url: str
    title: str
    preview: str
    search_engine_text: str
    description: str
    site_name: str
    metadata_title: str
    creator: str
    image: str
    favicon: str
    citation_id: str
    def __init__(self, url: _Optional[str] = ..., title: _Optional[str] = ..., preview: _Optional[str] = ..., search_engine_text: _Optional[str] = ..., description: _Optional[str] = ..., site_name: _Optional[str] = ..., metadata_title: _Optional[str] = ..., creator: _Optional[str] = ..., image: _Optional[str] = ..., favicon: _Optional[str] = ..., citation_id: _Optional[str] = ...) -> None: ...

class Pages(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[Page]
    def __init__(self, results: _Optional[_Iterable[_Union[Page, _Mapping]]] = ...) -> None: ...
