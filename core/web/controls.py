"""Controls of forms, written without a template for each.

A page with forty filters has some three hundred templates of widgets inside each other: half the
time it takes. What is written is what Django's own templates write.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates

Widget = Mapping[str, Any]


class PlainControls(DjangoTemplates):
    """For `Form.default_renderer`: writes the usual controls itself, others by their templates."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> Any:
        write = _WRITERS.get(template_name)
        if write is None:
            return super().render(template_name, context, request)
        return write(context["widget"])


def _attributes(widget: Widget) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{escape(str(value))}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _input(widget: Widget) -> str:
    value = widget["value"]
    shown = "" if value is None else f' value="{escape(str(value))}"'
    name = escape(widget["name"])
    return f'<input type="{widget["type"]}" name="{name}"{shown}{_attributes(widget)}>'


def _select(widget: Widget) -> str:
    lines = [f'<select name="{escape(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            lines.append(f'<optgroup label="{escape(str(group))}">')
        lines += [
            f'<option value="{escape(str(option["value"]))}"{_attributes(option)}>'
            f"{escape(str(option['label']))}</option>"
            for option in options
        ]
        if group:
            lines.append("</optgroup>")
    return "\n".join([*lines, "</select>"])


def _text_area(widget: Widget) -> str:
    shown = escape(str(widget["value"] or ""))
    return f'<textarea name="{escape(widget["name"])}"{_attributes(widget)}>\n{shown}</textarea>'


def _ticks(widget: Widget) -> str:
    attributes = {name: widget["attrs"].get(name) for name in ("id", "class")}
    own = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)
    lines = [f"<div{own}>"]
    for group, options, _index in widget["optgroups"]:
        if group:
            lines.append(f"<div><label>{escape(str(group))}</label>")
        lines += [f"<div>{_tick(option)}</div>" for option in options]
        if group:
            lines.append("</div>")
    return "\n".join([*lines, "</div>"])


def _tick(option: Widget) -> str:
    box = _input(option)
    if not option.get("wrap_label"):
        return box
    own = option["attrs"].get("id")
    target = f' for="{escape(own)}"' if own else ""
    return f"<label{target}>{box} {escape(str(option['label']))}</label>"


_WRITERS: Mapping[str, Callable[[Widget], str]] = {
    **dict.fromkeys(
        (f"django/forms/widgets/{kind}.html" for kind in
         ("text", "number", "date", "checkbox", "email", "search", "tel", "url")),
        _input,
    ),
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/textarea.html": _text_area,
    "django/forms/widgets/checkbox_select.html": _ticks,
    "django/forms/widgets/checkbox_option.html": _tick,
}  # fmt: skip
