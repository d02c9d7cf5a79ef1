"""What tasks are built from. A module here is no task: `find_task` looks beside this package."""
