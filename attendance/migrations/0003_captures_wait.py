from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('attendance', '0002_session_summaries'),
    ]

    operations = [
        migrations.AddField(
            model_name='capture',
            name='retry_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='capture',
            name='waits',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='capture',
            name='state',
            field=models.CharField(choices=[('received', 'Received'), ('recognising', 'Looking for faces'), ('waiting', 'Waiting'), ('done', 'Done'), ('failed', 'Not recognised')], default='received', max_length=12),
        ),
    ]
