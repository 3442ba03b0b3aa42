"""What a platform's policy enforces."""


def before_send(event, hint):
    tags = event.setdefault("tags", {})
    tags["seen by"] = f"{tags.get('seen by', '')} policy"
    return event


class Scrubber:
    def scrub_event(self, event):
        event.setdefault("tags", {})["scrubbed"] = "by the policy"
