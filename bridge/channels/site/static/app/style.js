// app.css, put in when the app is bundled.
export const css = /* style */ '';
