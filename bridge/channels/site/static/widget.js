'use strict';const TEXTS = /* texts */ {};
