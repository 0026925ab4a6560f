// HTMX comes as a classic, deferred script of django-htmx, which the browser runs before any module.
export const { htmx } = window;
