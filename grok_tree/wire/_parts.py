"""What a response may hold beside its text, as messages and back."""

from __future__ import annotations

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    FUNCTION,
    Attachment,
    Citation,
    Cited,
    Part,
    Pictured,
    Searched,
    Tool,
    ToolCall,
    ToolCalled,
)
from grok_tree.wire.v1 import forests_pb2 as pb


def attachment_to_wire(attachment: Attachment) -> pb.Attachment:
    """Return an attachment as a message."""
    return pb.Attachment(
        file_id=attachment.file_id,
        url=attachment.url,
        media_type=attachment.media_type,
        name=attachment.name,
        n_bytes=attachment.n_bytes,
    )


def attachment_from_wire(message: pb.Attachment) -> Attachment:
    """Return an attachment from its message."""
    return Attachment(
        file_id=message.file_id,
        url=message.url,
        media_type=message.media_type,
        name=message.name,
        n_bytes=message.n_bytes,
    )


def tool_to_wire(tool: Tool) -> pb.Tool:
    """Return a tool as a message."""
    return pb.Tool(
        name=tool.name, description=tool.description, parameters=tool.parameters, kind=tool.kind
    )


def tool_from_wire(message: pb.Tool) -> Tool:
    """Return a tool from its message; without a kind it is a function."""
    return Tool(
        name=message.name,
        description=message.description,
        parameters=message.parameters,
        kind=message.kind or FUNCTION,
    )


def tool_call_to_wire(call: ToolCall) -> pb.ToolCall:
    """Return a call of a tool as a message."""
    return pb.ToolCall(
        call_id=call.call_id, name=call.name, arguments=call.arguments, kind=call.kind
    )


def tool_call_from_wire(message: pb.ToolCall) -> ToolCall:
    """Return a call of a tool from its message; without a kind it is of a function."""
    return ToolCall(
        call_id=message.call_id,
        name=message.name,
        arguments=message.arguments,
        kind=message.kind or FUNCTION,
    )


def citation_to_wire(citation: Citation) -> pb.Citation:
    """Return a source as a message."""
    return pb.Citation(
        url=citation.url, title=citation.title, begin=citation.begin, end=citation.end
    )


def citation_from_wire(message: pb.Citation) -> Citation:
    """Return a source from its message."""
    return Citation(
        url=message.url,
        title=message.title,
        begin=message.begin if message.HasField("begin") else None,
        end=message.end if message.HasField("end") else None,
    )


def part_to_wire(part: Part) -> pb.SamplingPart:
    """Return an event beside the text as a message; the bytes of an image stay behind."""
    match part:
        case Searched():
            search = pb.Search(query=part.query, query_type=part.query_type)
            return pb.SamplingPart(index=part.index, searched=search)
        case ToolCalled():
            call = tool_call_to_wire(part.tool_call)
            return pb.SamplingPart(index=part.index, tool_called=call)
        case Cited():
            return pb.SamplingPart(index=part.index, cited=citation_to_wire(part.citation))
        case Pictured():
            image = attachment_to_wire(part.attachment)
            return pb.SamplingPart(index=part.index, pictured=image)


def part_from_wire(message: pb.SamplingPart) -> Part:
    """Return an event beside the text from its message.

    Raises:
        InvalidOperationError: It is of a kind that a newer release knows.
    """
    match message.WhichOneof("part"):
        case "searched":
            search = message.searched
            return Searched(search.query, search.query_type, message.index)
        case "tool_called":
            return ToolCalled(tool_call_from_wire(message.tool_called), message.index)
        case "cited":
            return Cited(citation_from_wire(message.cited), message.index)
        case "pictured":
            return Pictured(attachment_from_wire(message.pictured), message.index)
        case _:
            raise InvalidOperationError(
                "the server sent a part of an answer that this release does not know;"
                " install a newer grok-tree"
            )
