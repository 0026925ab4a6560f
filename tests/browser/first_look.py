"""Browser tests of `make test`: of each page its main purpose. The rest is marked `thorough`.

A browser, a server and the face networks share CI's two cores, and all of these tests take it ten minutes. Widths and
colours other than a phone's at night, and ways that few people take, are for `make test-thorough`.
"""

FIRST_LOOK = frozenset({
    "test_signed_out[360-dark]", "test_teacher[360-dark]", "test_student[360-dark]", "test_administrator[360-dark]",
    "test_the_register_by_keys_alone",
    "test_a_wrong_code_then_the_right_one",
    "test_a_mark_is_corrected_where_it_tells_its_story",
    "test_a_doubt_is_large_and_decided_by_one_tap_and_undone_after_a_reload[phone]",
    "test_the_register_in_german[360]",
    "test_each_sees_the_others_mark",
    "test_a_conflict_is_shown_with_both_versions",
    "test_a_class_photo_becomes_a_register_which_is_corrected_and_closed",
    "test_nothing_is_wider_than_the_phone",
    "test_one_tap_on_the_lesson_of_now_opens_its_register_with_the_photo",
    "test_a_lesson_outside_the_timetable_in_two_taps[360]",
    "test_anyone_who_stays_before_the_camera_is_sent_once_and_told_once",
})  # fmt: skip
WHOLE = frozenset({"test_framing.py"})  # the camera's rules: no server, and over at once
