from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from grok_tree.wire.original.v1 import parts_pb2 as _parts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SampleTokensRequest(_message.Message):
    __slots__ = ("prompt", "settings", "return_attention", "model_name", "inputs")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    RETURN_ATTENTION_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    prompt: _containers.RepeatedScalarFieldContainer[int]
    settings: SampleSettings
    return_attention: bool
    model_name: str
    inputs: _containers.RepeatedCompositeFieldContainer[_parts_pb2.PromptPart]
    def __init__(self, prompt: _Optional[_Iterable[int]] = ..., settings: _Optional[_Union[SampleSettings, _Mapping]] = ..., return_attention: bool = ..., model_name: _Optional[str] = ..., inputs: _Optional[_Iterable[_Union[_parts_pb2.PromptPart, _Mapping]]] = ...) -> None: ...

class TokenizeAndSampleTokensRequest(_message.Message):
    __slots__ = ("text", "settings", "return_attention", "model_name")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    RETURN_ATTENTION_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    text: str
    settings: SampleSettings
    return_attention: bool
    model_name: str
    def __init__(self, text: _Optional[str] = ..., settings: _Optional[_Union[SampleSettings, _Mapping]] = ..., return_attention: bool = ..., model_name: _Optional[str] = ...) -> None: ...

class SampleSettings(_message.Message):
    __slots__ = ("max_len", "temperature", "nucleus_p", "stop_tokens", "rng_seed", "allowed_tokens", "stop_strings", "disallowed_tokens")
    MAX_LEN_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    NUCLEUS_P_FIELD_NUMBER: _ClassVar[int]
    STOP_TOKENS_FIELD_NUMBER: _ClassVar[int]
    RNG_SEED_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    STOP_STRINGS_FIELD_NUMBER: _ClassVar[int]
    DISALLOWED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    max_len: int
    temperature: float
    nucleus_p: float
    stop_tokens: _containers.RepeatedScalarFieldContainer[str]
    rng_seed: int
    allowed_tokens: _containers.RepeatedCompositeFieldContainer[TokenName]
    stop_strings: _containers.RepeatedScalarFieldContainer[str]
    disallowed_tokens: _containers.RepeatedCompositeFieldContainer[TokenName]
    def __init__(self, max_len: _Optional[int] = ..., temperature: _Optional[float] = ..., nucleus_p: _Optional[float] = ..., stop_tokens: _Optional[_Iterable[str]] = ..., rng_seed: _Optional[int] = ..., allowed_tokens: _Optional[_Iterable[_Union[TokenName, _Mapping]]] = ..., stop_strings: _Optional[_Iterable[str]] = ..., disallowed_tokens: _Optional[_Iterable[_Union[TokenName, _Mapping]]] = ...) -> None: ...

class TokenName(_message.Message):
    __slots__ = ("string_token", "token_id")
    STRING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    string_token: str
    token_id: int
    def __init__(self, string_token: _Optional[str] = ..., token_id: _Optional[int] = ...) -> None: ...

class Sampled(_message.Message):
    __slots__ = ("token", "budget", "transaction")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    token: SampledToken
    budget: TokenBudget
    transaction: Transaction
    def __init__(self, token: _Optional[_Union[SampledToken, _Mapping]] = ..., budget: _Optional[_Union[TokenBudget, _Mapping]] = ..., transaction: _Optional[_Union[Transaction, _Mapping]] = ...) -> None: ...

class SampledToken(_message.Message):
    __slots__ = ("final_logit", "token_type", "top_k", "attention")
    class TokenType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNKNOWN: _ClassVar[SampledToken.TokenType]
        USER: _ClassVar[SampledToken.TokenType]
        MODEL: _ClassVar[SampledToken.TokenType]
    UNKNOWN: SampledToken.TokenType
    USER: SampledToken.TokenType
    MODEL: SampledToken.TokenType
    FINAL_LOGIT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_TYPE_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    ATTENTION_FIELD_NUMBER: _ClassVar[int]
    final_logit: Logit
    token_type: SampledToken.TokenType
    top_k: _containers.RepeatedCompositeFieldContainer[Logit]
    attention: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, final_logit: _Optional[_Union[Logit, _Mapping]] = ..., token_type: _Optional[_Union[SampledToken.TokenType, str]] = ..., top_k: _Optional[_Iterable[_Union[Logit, _Mapping]]] = ..., attention: _Optional[_Iterable[float]] = ...) -> None: ...

class Logit(_message.Message):
    __slots__ = ("token_id", "string_token", "prob")
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    STRING_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    token_id: int
    string_token: str
    prob: float
    def __init__(self, token_id: _Optional[int] = ..., string_token: _Optional[str] = ..., prob: _Optional[float] = ...) -> None: ...

class TokenizeRequest(_message.Message):
    __slots__ = ("text", "model_name")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    text: str
    model_name: str
    def __init__(self, text: _Optional[str] = ..., model_name: _Optional[str] = ...) -> None: ...

class Tokenized(_message.Message):
    __slots__ = ("tokens",)
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedCompositeFieldContainer[SampledToken]
    def __init__(self, tokens: _Optional[_Iterable[_Union[SampledToken, _Mapping]]] = ...) -> None: ...

class Transactions(_message.Message):
    __slots__ = ("transactions",)
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    transactions: _containers.RepeatedCompositeFieldContainer[Transaction]
    def __init__(self, transactions: _Optional[_Iterable[_Union[Transaction, _Mapping]]] = ...) -> None: ...

class Transaction(_message.Message):
    __slots__ = ("num_prompt_tokens", "num_generated_tokens", "cost_multiplier", "create_time", "transaction_type", "transaction_id", "model_name", "confirmed")
    NUM_PROMPT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    NUM_GENERATED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COST_MULTIPLIER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    num_prompt_tokens: int
    num_generated_tokens: int
    cost_multiplier: int
    create_time: _timestamp_pb2.Timestamp
    transaction_type: str
    transaction_id: str
    model_name: str
    confirmed: bool
    def __init__(self, num_prompt_tokens: _Optional[int] = ..., num_generated_tokens: _Optional[int] = ..., cost_multiplier: _Optional[int] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., transaction_type: _Optional[str] = ..., transaction_id: _Optional[str] = ..., model_name: _Optional[str] = ..., confirmed: bool = ...) -> None: ...

class GetTokenBudgetRequest(_message.Message):
    __slots__ = ("transaction_type",)
    TRANSACTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    transaction_type: str
    def __init__(self, transaction_type: _Optional[str] = ...) -> None: ...

class TokenBudget(_message.Message):
    __slots__ = ("token_limit", "tokens_spent", "request_limit", "requests_spent")
    TOKEN_LIMIT_FIELD_NUMBER: _ClassVar[int]
    TOKENS_SPENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_LIMIT_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_SPENT_FIELD_NUMBER: _ClassVar[int]
    token_limit: int
    tokens_spent: int
    request_limit: int
    requests_spent: int
    def __init__(self, token_limit: _Optional[int] = ..., tokens_spent: _Optional[int] = ..., request_limit: _Optional[int] = ..., requests_spent: _Optional[int] = ...) -> None: ...

class ModelNames(_message.Message):
    __slots__ = ("model_names",)
    MODEL_NAMES_FIELD_NUMBER: _ClassVar[int]
    model_names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, model_names: _Optional[_Iterable[str]] = ...) -> None: ...
