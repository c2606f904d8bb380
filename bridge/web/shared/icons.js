// Drawings: paths on a grid of 24, drawn with a round pen.

export const CROSS = 'M6 6l12 12M18 6L6 18';
export const DOTS = 'M4.5 11.5h1v1h-1zM11.5 11.5h1v1h-1zM18.5 11.5h1v1h-1z';
export const CLOCK = 'M12 7v5l3 2M12 3a9 9 0 100 18 9 9 0 000-18z';
export const TICK = 'M4 13l5 5L20 7';
export const TICKS = 'M1 13l5 5L16 7M12 17l1 1L23 7';
export const CLIP = 'M20 12l-8 8a5 5 0 01-7-7l8.5-8.5a3.5 3.5 0 015 5L10 18a1.7 1.7 0 01-2.4-2.4l7.9-7.9';
export const SMILE = 'M12 3a9 9 0 100 18 9 9 0 000-18zM8 14.5a4.8 4.8 0 008 0M9 9.5h.01M15 9.5h.01';
export const UP = 'M12 19V5M6 11l6-6 6 6';
export const DOWN = 'M6 9.5l6 6 6-6';
export const REPLY = 'M10 7l-5 5 5 5M5 12h9a5 5 0 015 5v1';
export const PLAY = 'M8 5.5v13l10-6.5z';
export const PAUSE = 'M8.5 6v12M15.5 6v12';
export const LOAD = 'M12 4v11M7 10.5l5 5 5-5M5 20h14';
export const BACK = 'M15 5l-7 7 7 7';
export const ON = 'M9 5l7 7-7 7';
