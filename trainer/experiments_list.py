"""The list of built-in experiments: name and description, by group and topic."""

from vanishing_gradients.trainer import experiments

TITLES = {
    "paper": "The paper's four (EXP=all)",
    "gallery": "The gallery (EXP=gallery; make gallery)",
    "healthy": "Networks that learn (EXP=healthy)",
    "sick": "Networks with one fault each (EXP=sick)",
}


def experiments_list() -> str:
    """Return all of them, a line each, below the titles of their groups and topics."""
    width = max(map(len, experiments.built_in()))
    lines = []
    for group, title in TITLES.items():
        lines += ["", title]
        for topic, names in experiments.topics(group).items():
            lines += [f"  {topic}"] if topic else []
            lines += [f"    {name:{width}}  {experiments.load(name).description}" for name in names]
    return "\n".join(lines[1:])
