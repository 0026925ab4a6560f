import pytest

from attendance.demo.orl import orl_photo

HEAD = "person,file,role,photos_of_person\n"


@pytest.fixture
def folder(tmp_path):
    """Six people with photos 1 and 2 enrolled and 7 tried, two strangers, and the protocol that says so."""
    lines = [HEAD]
    for person in (*range(1, 7), 33, 35):
        roles = {1: "enrol", 2: "enrol", 7: "probe"} if person < 33 else {7: "stranger"}
        (tmp_path / str(person)).mkdir()
        for number, role in roles.items():
            orl_photo(person, number).save(tmp_path / str(person) / f"{number}.jpg")
            lines.append(f"{person},{person}/{number}.jpg,{role},{len(roles)}\n")
    (tmp_path / "protocol.csv").write_text("".join(lines))
    return tmp_path
