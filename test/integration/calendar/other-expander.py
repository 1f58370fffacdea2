"""Expands calendars by Debian's python3-recurring-ical-events: JSON in on stdin, JSON out on stdout, all in one process."""
import json
import sys
from datetime import datetime, timedelta, timezone

import icalendar
import pytz
import recurring_ical_events


def instant(value, room):
    """Milliseconds since 1970; days begin in the room's zone, and so are floating times read."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = room.localize(value)
    return round(value.timestamp() * 1000)


def expand(job):
    room = pytz.timezone(job["zone"])
    start = datetime.fromtimestamp(job["startMs"] / 1000, timezone.utc)
    end = datetime.fromtimestamp(job["endMs"] / 1000, timezone.utc)
    calendar = icalendar.Calendar.from_ical(job["text"])
    # Its own edges of the window are a day off in places: ask for more, and cut here.
    found = recurring_ical_events.of(calendar).between(start - timedelta(days=40), end + timedelta(days=3))
    events = []
    for event in found:
        if str(event.get("STATUS", "")) == "CANCELLED":
            continue
        at = instant(event["DTSTART"].dt, room)
        until = instant(event["DTEND"].dt, room)
        if at < job["endMs"] and (until > job["startMs"] or (at == until and at >= job["startMs"])):
            events.append([str(event["UID"]), at, until])
    return sorted(events)


answers = []
for job in json.load(sys.stdin):
    try:
        answers.append({"events": expand(job)})
    except Exception as error:  # its own failures are answers as well
        answers.append({"error": f"{type(error).__name__}: {error}"})
json.dump(answers, sys.stdout)
