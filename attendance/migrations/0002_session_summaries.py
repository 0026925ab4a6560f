import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_people_and_institutions"),
        ("attendance", "0001_lessons_captures_marks"),
    ]

    operations = [
        migrations.CreateModel(
            name="SessionSummary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("closed_at", models.DateTimeField()),
                ("present", models.PositiveIntegerField(default=0)),
                ("late", models.PositiveIntegerField(default=0)),
                ("absent", models.PositiveIntegerField(default=0)),
                ("excused", models.PositiveIntegerField(default=0)),
                ("left_early", models.PositiveIntegerField(default=0)),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.institution",
                        verbose_name="school",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="attendance.classsession"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["institution", "day"], name="summary_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("institution", "session"), name="one_summary_per_session")
                ],
            },
        ),
    ]
