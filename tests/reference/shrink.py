"""Makes a case smaller while it still shows a difference: drops files, then units, then markers."""

import copy


def shrink(case, still_fails, rounds=400):
    """`still_fails` is asked at most `rounds` times."""
    case = copy.deepcopy(case)
    left = [rounds]

    def attempt(smaller):
        left[0] -= 1
        return left[0] >= 0 and still_fails(smaller)

    for part in (lambda c: [c.files], lambda c: [file.units for file in c.files], lambda c: [c.question.markers]):
        for number in range(len(part(case))):
            case = _without_parts(case, lambda c, n=number: part(c)[n], attempt)
    return case


def _without_parts(case, items, attempt):
    size = len(items(case))
    while size:
        at = 0
        while at < len(items(case)):
            smaller = copy.deepcopy(case)
            del items(smaller)[at:at + size]
            if attempt(smaller):
                case = smaller
            else:
                at += size
        size //= 2
    return case
